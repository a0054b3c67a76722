import { join } from 'node:path';
import { publish } from './cache.ts';
import { buildGo, goMajor, goMinor } from './go.ts';
import { printFolder } from './print-folder.ts';

/*
 * `npm run collector`: a real OpenTelemetry Collector for the tests, built from its Go modules, with the parts they need.
 */

/** The newest one that this Go builds. */
export const collectorVersion = '0.145.0';
/** The same of its modules that are stable. */
const stable = '1.51.0';

const core = 'go.opentelemetry.io/collector';
const contrib = 'github.com/open-telemetry/opentelemetry-collector-contrib';

const modules: readonly (readonly [path: string, version: string])[] = [
  [`${core}/otelcol`, collectorVersion],
  [`${core}/receiver/otlpreceiver`, collectorVersion],
  [`${core}/exporter/debugexporter`, collectorVersion],
  [`${core}/confmap/provider/fileprovider`, stable],
  [`${contrib}/receiver/prometheusreceiver`, collectorVersion],
  [`${contrib}/exporter/fileexporter`, collectorVersion],
];

/** What it is built of, as go.mod has it. */
export const collectorModule = [
  'module collector',
  `go ${goMajor}.${goMinor}.0`,
  ...modules.map(([path, number]) => `require ${path} v${number}`),
  '',
].join('\n');

/** Its receiver of scrapes takes targets from every cloud there is, 190 packages that no test asks for. */
export const collectorTags = ['-tags=remove_all_sd'];

const program = `package main

import (
	"log"

	"${contrib}/exporter/fileexporter"
	"${contrib}/receiver/prometheusreceiver"
	"${core}/component"
	"${core}/confmap"
	"${core}/confmap/provider/fileprovider"
	"${core}/exporter"
	"${core}/exporter/debugexporter"
	"${core}/otelcol"
	"${core}/receiver"
	"${core}/receiver/otlpreceiver"
	"${core}/service/telemetry/otelconftelemetry"
)

func factories() (otelcol.Factories, error) {
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory(), prometheusreceiver.NewFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](debugexporter.NewFactory(), fileexporter.NewFactory())
	return otelcol.Factories{Receivers: receivers, Exporters: exporters, Telemetry: otelconftelemetry.NewFactory()}, err
}

func main() {
	command := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Version: "${collectorVersion}"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
				DefaultScheme:     "file",
			},
		},
	})
	if err := command.Execute(); err != nil {
		log.Fatal(err)
	}
}
`;

/**
 * Folder with `collector`: receivers otlp and prometheus, exporters debug and file. Made once a machine; throws LabError with
 * the reason where it cannot be.
 */
export const collector = (): Promise<string> =>
  publish(`collector-${collectorVersion}`, (folder) =>
    buildGo({
      name: `the OpenTelemetry Collector ${collectorVersion}`,
      files: { 'go.mod': collectorModule, 'main.go': program },
      package: '.',
      to: join(folder, 'collector'),
      words: collectorTags,
      takes: 'in 3 to 15 minutes',
      // 1,420 packages take 4 minutes of CPU: 15 minutes on two cores that are busy with more than that.
      seconds: 1800,
    }),
  );

if (process.argv[1] === import.meta.filename) await printFolder(collector);
