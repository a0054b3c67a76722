import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { eventPath } from './event-path.ts';
import { fakeKernel, whyNoKernel } from './fake-kernel.ts';
import { kernelCost } from './kernel-cost.ts';
import { kernelMemory } from './kernel-memory.ts';
import { otlp } from './otlp.ts';
import { pods } from './pods.ts';
import { resident } from './resident.ts';
import { notMeasured, verdict, type Row } from './row.ts';
import { scraping } from './scrape.ts';
import { start } from './start.ts';
import { tableOf } from './table.ts';
import { insides, root } from './tree.ts';

const RESULTS = `${root}test/bench/results.json`;

const rows: Row[] = [];
const began = performance.now();
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Runs one part; what it throws is a row that was not measured, and fails the run. */
const measure = async (name: string, part: () => Row | readonly Row[] | Promise<Row | readonly Row[]>): Promise<void> => {
  const from = performance.now();
  process.stderr.write(`${name} ... `);
  try {
    rows.push(...[await part()].flat());
  } catch (error) {
    process.exitCode = 1;
    rows.push(notMeasured(name, '-', undefined, `it failed: ${(error as Error).message}`));
  }
  process.stderr.write(`${seconds(from)}\n`);
};

// Of others: what they take is missing in every absolute number.
const load = loadavg()[0]!;
const reason = whyNoKernel();
if (reason === undefined) {
  const parts = await insides();
  const kernel = fakeKernel(parts);
  try {
    await measure('kernel: cost of an operation', () => kernelCost(parts, kernel));
    await measure('kernel: memory', () => kernelMemory(parts, kernel));
    await measure('events: ring to histogram', () => eventPath(parts, kernel));
    await measure('start to first sample', () => start(kernel));
  } finally {
    kernel.close();
  }
} else {
  rows.push(
    notMeasured('kernel: cost of an operation', 'ns/op', '<= 0.28 of the usual, 0.45 by page', reason),
    notMeasured('kernel: memory of the default configuration', 'MiB', '<= 16', reason),
    notMeasured('events: ring to histogram', 'M events/s', '>= 3, >= 50 times', reason),
    notMeasured('start of the agent to its first sample', 's', '<= 5', reason),
  );
}
await measure('scrape', scraping);
await measure('OTLP', otlp);
await measure('memory of the agent', resident);
await measure('memory of pods', pods);
rows.push(notMeasured('programs attached while no NFS is mounted', 'programs', '0', 'it takes a kernel with an NFS client, as in the lab'));

process.stdout.write(`\n${tableOf(rows)}\n\n`);
const [cpu] = cpus();
const machine = { cpu: cpu?.model, cpus: cpus().length, kernel: release(), node: process.version, load };
writeFileSync(RESULTS, `${JSON.stringify({ machine, rows: rows.map((row) => ({ ...row, verdict: verdict(row) })) }, null, 2)}\n`);
process.stdout.write(
  `median [quartiles] of each; ratio is measured / alternative; ${machine.cpus} x ${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}, load ${load.toFixed(1)} before\n`,
);
process.stdout.write(`${seconds(began)}, as JSON in test/bench/results.json\n`);
