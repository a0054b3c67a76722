import { join } from 'node:path';
import { publish } from './cache.ts';
import { buildGo, goMajor, goMinor } from './go.ts';
import { printFolder } from './print-folder.ts';

/** A long-term one, and the newest of them that this Go builds. OTLP is taken from 1.112 on. */
const version = '1.122.0';
const path = 'github.com/VictoriaMetrics/VictoriaMetrics';

/** Folder with `victoria-metrics`, built from its Go modules. Made once a machine; throws LabError with the reason where it cannot be. */
export const victoriaMetrics = (): Promise<string> =>
  publish(`victoria-metrics-${version}`, (folder) =>
    buildGo({
      name: `VictoriaMetrics ${version}`,
      files: { 'go.mod': `module backend\ngo ${goMajor}.${goMinor}.0\nrequire ${path} v${version}\n` },
      package: `${path}/app/victoria-metrics`,
      to: join(folder, 'victoria-metrics'),
      takes: 'in 1 to 5 minutes',
      // 400 packages take a minute of CPU.
      seconds: 1200,
    }),
  );

if (process.argv[1] === import.meta.filename) await printFolder(victoriaMetrics);
