import { join } from 'node:path';
import { publish } from './cache.ts';
import { collectorModule, collectorTags, collectorVersion } from './collector.ts';
import { buildGo } from './go.ts';
import { printFolder } from './print-folder.ts';

/*
 * `npm run prometheus`: a real Prometheus 3 for the tests, since Debian's knows no remote-write 2.0.
 */

/**
 * Folder with `prometheus`, of the version that the Collector reads scrapes with: what the one build compiled, the other need not.
 * Made once a machine; throws LabError with the reason where it cannot be.
 */
const prometheus = (): Promise<string> =>
  publish(`prometheus-of-collector-${collectorVersion}`, (folder) =>
    buildGo({
      name: 'Prometheus 3',
      files: { 'go.mod': collectorModule },
      package: 'github.com/prometheus/prometheus/cmd/prometheus',
      to: join(folder, 'prometheus'),
      words: collectorTags,
      takes: 'in 1 to 15 minutes',
      // 30 s on two busy cores behind the Collector's build; without it as long as that takes.
      seconds: 1800,
    }),
  );

await printFolder(prometheus);
