import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publish } from './cache.ts';
import { goBuild, goCommand, goMajor, goMinor } from './go.ts';
import { LabError } from './lab-error.ts';
import { say, step } from './progress.ts';
import { withScratch } from './scratch.ts';

/** A long-term one, and the newest of them that this Go builds. OTLP is taken from 1.112 on. */
const version = '1.122.0';
/** 400 packages take a minute of CPU; past this the machine is stuck. */
const BUILD_SECONDS = 1200;

const path = 'github.com/VictoriaMetrics/VictoriaMetrics';

/** Folder with `victoria-metrics`, built from its Go modules. Made once a machine; throws LabError with the reason where it cannot be. */
export const victoriaMetrics = (): Promise<string> =>
  publish(`victoria-metrics-${version}`, async (folder) => {
    const go = await goCommand('VictoriaMetrics');
    await withScratch('nfscope-victoria-metrics-', async (module) => {
      await writeFile(join(module, 'go.mod'), `module backend\ngo ${goMajor}.${goMinor}.0\nrequire ${path} v${version}\n`);
      const words = ['-ldflags=-s -w', '-o', join(folder, 'victoria-metrics'), `${path}/app/victoria-metrics`];
      await step(`building VictoriaMetrics ${version}, once a machine, in 1 to 5 minutes`, () =>
        goBuild(go, module, BUILD_SECONDS, words),
      ).catch((error: Error) => {
        throw new LabError(`VictoriaMetrics cannot be built (${error.message})`);
      });
    });
  });

if (process.argv[1] === import.meta.filename) {
  try {
    process.stdout.write(`${await victoriaMetrics()}\n`);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
