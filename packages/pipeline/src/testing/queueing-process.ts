import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Passing } from '@nfscope/model';
import { openDiskStore } from '../disk-store.ts';
import { exportQueue } from '../queue.ts';
import { sendingConfig } from '../sending-config.ts';
import { randomNumbers } from './random.ts';

// Pushes numbers through some queues that are on disk until it is killed, to a backend that fails now and then. Each line on
// stdout, of the queue's name, what was done and the numbers, is there before what comes after it. `drain` pushes nothing, and ends.
const [folder = '', firstNumber = '1', mode = 'push', ...names] = process.argv.slice(2);

interface Batch {
  readonly numbers: readonly number[];
  readonly text: string;
}
const passing: Passing<Batch> = {
  timeMs: () => 0,
  items: ({ numbers }) => numbers.length,
  shape: 1,
  merge: { key: () => '', join: (batches) => ({ numbers: batches.flatMap(({ numbers }) => numbers), text: '' }) },
};
const config = sendingConfig.parse({
  sending_queue: { batch: { max_size: 8 } },
  retry_on_failure: { initial_interval: '1ms', max_interval: '4ms' },
});
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

const use = async (name: string, seed: number): Promise<void> => {
  const say = (what: string, numbers: readonly number[]): void => void writeSync(1, `${[name, what, ...numbers].join(' ')}\n`);
  const random = randomNumbers(seed);
  const send = async ({ numbers }: Batch): Promise<void> => {
    say('sending', numbers);
    for (let turns = random(20); turns > 0; turns--) await setImmediate();
    if (mode === 'push' && random(3) === 0) throw new Error('503');
    say('taken', numbers);
  };
  const open = () => openDiskStore(join(folder, name), { maxBytes: 1 << 20 });
  const queue = exportQueue(send, { passing, config, log: quiet, open });
  say('opening', []);
  await queue.start();
  let next = Number(firstNumber);
  const work = async (): Promise<never> => {
    for (;;) {
      const numbers = Array.from({ length: 1 + random(3) }, () => next++);
      say('pushing', numbers);
      void queue.push({ numbers, text: 'x'.repeat(random(200)) }).then((kept) => kept && say('acknowledged', numbers));
      for (let turns = 1 + random(10); turns > 0; turns--) await setImmediate();
      // What waits on disk stays within its bound, whatever the backend does.
      while (queue.counts.waiting > 200) await setImmediate();
    }
  };
  if (mode === 'push') await work();
  await queue.shutdown(AbortSignal.timeout(20_000));
};

await Promise.all(names.map((name, i) => use(name, Number(firstNumber) + i)));
