import { setTimeout } from 'node:timers/promises';
import { child } from './child.ts';
import type { FakeKernel } from './fake-kernel.ts';
import { readPage } from './read-page.ts';
import type { Row } from './row.ts';
import { spreadOf } from './spread.ts';

const ROUNDS = 5;
const BUDGET = 5;
const GIVE_UP_MS = 20_000;
const SAMPLE = 'nfs_io_duration_seconds_count{';

/** From the start of a process until a scrape of it has an operation: everything but attaching, and names of pods. */
export const start = async (kernel: FakeKernel): Promise<Row> => {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const task = kernel.make('GETATTR')[0]!;
    const from = performance.now();
    const agent = child('agent-child.js', ['program', kernel.btf, String(task)]);
    try {
      const url = (await agent.said()) as string;
      while (!(await readPage(url, {}, SAMPLE)).found) {
        if (performance.now() - from > GIVE_UP_MS) throw new Error(`no sample after ${GIVE_UP_MS} ms`);
        await setTimeout(20);
      }
      seconds.push((performance.now() - from) / 1000);
    } finally {
      await agent.end();
    }
  }
  const measured = spreadOf(seconds);
  return {
    what: 'start of the agent to its first sample, without attaching',
    unit: 's',
    budget: `<= ${BUDGET}`,
    measured,
    met: measured.median <= BUDGET,
  };
};
