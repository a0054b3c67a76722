import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { child, type Launch } from './child.ts';
import { readPage } from './read-page.ts';
import type { Row } from './row.ts';
import { ratioToMedian, spreadOf } from './spread.ts';
import { root } from './tree.ts';

const SERIES = 1000;
const BUDGET = 96;
/** What a scrape leaves behind is part of it. */
const SCRAPES = 15;
/** One of them takes seconds. */
const SDK_SCRAPES = 5;
const PAUSE_MS = 600;

/** As its image starts the agent. */
const { config: launch } = JSON.parse(readFileSync(`${root}packages/agent/package.json`, 'utf8')) as { config: Launch };

/** One file, as in the image. Beside its modules, where it finds the rest of the tree. */
const bundled = async (): Promise<string> => {
  const { bundleOptions } = (await import(`${root}scripts/bundle-options.mjs`)) as { bundleOptions: BuildOptions };
  const name = 'agent-child.bundle.js';
  const outfile = fileURLToPath(new URL(name, import.meta.url));
  await build({ ...bundleOptions, entryPoints: ['test/bench/src/agent-child.ts'], outfile });
  return name;
};

/** MiB after each of some scrapes. */
const memory = async (module: string, args: readonly string[], scrapes: number, launch?: Launch): Promise<number[]> => {
  const served = child(module, args, launch);
  try {
    const url = (await served.said()) as string;
    const sizes: number[] = [];
    for (let i = 0; i < scrapes; i++) {
      await setTimeout(PAUSE_MS);
      await readPage(url, { 'accept-encoding': 'gzip' });
      sizes.push(((await served.ask('memory')) as number) / 2 ** 20);
    }
    return sizes;
  } finally {
    await served.end();
  }
};

/** The whole agent, Node included, while it is scraped: that many rows of totals make as many series of each metric that all operations have. */
export const resident = async (): Promise<Row> => {
  const own = await memory(await bundled(), ['rows', String(SERIES)], SCRAPES, launch);
  const other = await memory('sdk-child.js', [String(SERIES)], SDK_SCRAPES);
  const measured = spreadOf(own);
  const most = Math.max(...own);
  return {
    what: `memory of the agent at ${SERIES} rows of totals`,
    unit: 'MiB',
    budget: `<= ${BUDGET}`,
    measured,
    alternative: { name: 'OpenTelemetry SDK, its Prometheus exporter', measured: spreadOf(other) },
    ratio: ratioToMedian(own, other),
    met: most <= BUDGET,
    reason: `the most was ${most.toFixed(0)} MiB`,
  };
};
