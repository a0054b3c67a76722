import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openDiskStore } from '../disk-store.ts';
import { numberedEntry, numberOf } from './numbered-entry.ts';
import { randomNumbers } from './random.ts';

// Appends to some stores and removes from them until it is killed. Each line on stdout, of the store's name, what was done and
// the numbers of entries, is there before what comes after it.
const [folder = '', firstNumber = '1', ...names] = process.argv.slice(2);

const use = async (name: string, seed: number): Promise<void> => {
  const say = (what: string, numbers: readonly number[]): void => void writeSync(1, `${[name, what, ...numbers].join(' ')}\n`);
  const random = randomNumbers(seed);
  const store = await openDiskStore(join(folder, name), { maxBytes: 100_000 });
  const live = await Promise.all(store.found.map(async (id) => ({ id, number: numberOf(await store.read(id)) })));
  say(
    'found',
    live.map(({ number }) => number),
  );
  let next = Number(firstNumber);
  let marked: number[] = [];

  const append = async (): Promise<void> => {
    const number = next++;
    const before = marked;
    marked = [];
    say('appending', [number]);
    const id = await store.append(numberedEntry(number));
    say('removed', before);
    if (id === undefined) return;
    say('acknowledged', [number]);
    live.push({ id, number });
  };
  const work = async (): Promise<never> => {
    for (;;) {
      await append();
      while (live.length > random(40)) {
        const [one] = live.splice(random(live.length), 1);
        say('removing', [one!.number]);
        store.remove(one!.id);
        marked.push(one!.number);
      }
    }
  };
  await Promise.all([work(), work(), work()]);
};

await Promise.all(names.map((name, i) => use(name, Number(firstNumber) + i)));
