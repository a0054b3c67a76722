import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publish } from './cache.ts';
import { collectorModule, collectorVersion } from './collector.ts';
import { goBuild, goCommand } from './go.ts';
import { LabError } from './lab-error.ts';
import { say, step } from './progress.ts';
import { withScratch } from './scratch.ts';

/*
 * `npm run prometheus`: a real Prometheus 3 for the tests, since Debian's knows no remote-write 2.0.
 */

/** 30 s on two busy cores behind the Collector's build; without it as long as that takes. */
const BUILD_SECONDS = 1800;

/**
 * Folder with `prometheus`, of the version that the Collector reads scrapes with: what the one build compiled, the other need not.
 * Made once a machine; throws LabError with the reason where it cannot be.
 */
const prometheus = (): Promise<string> =>
  publish(`prometheus-of-collector-${collectorVersion}`, async (folder) => {
    const go = await goCommand('Prometheus 3');
    await withScratch('nfscope-prometheus-', async (module) => {
      await writeFile(join(module, 'go.mod'), collectorModule);
      const words = [
        '-tags=remove_all_sd',
        '-ldflags=-s -w',
        '-o',
        join(folder, 'prometheus'),
        'github.com/prometheus/prometheus/cmd/prometheus',
      ];
      await step('building Prometheus 3, once a machine, in 1 to 15 minutes', () => goBuild(go, module, BUILD_SECONDS, words)).catch(
        (error: Error) => {
          throw new LabError(`Prometheus 3 cannot be built (${error.message})`);
        },
      );
    });
  });

try {
  process.stdout.write(`${await prometheus()}\n`);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
