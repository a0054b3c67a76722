import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMountstats, type Mount } from './mountstats.ts';
import { parseSamples, type Sample } from './samples.ts';

/** What `stand_still NAME` left: the kernel's accounting and Prometheus' at a moment when neither moved. */
export interface Reading {
  readonly mounts: ReadonlyMap<string, Mount>;
  readonly samples: readonly Sample[];
}

export const reading = async (out: string, name: string): Promise<Reading> => ({
  mounts: parseMountstats(await readFile(join(out, `${name}.mountstats`), 'utf8')),
  samples: parseSamples(await readFile(join(out, `${name}.json`), 'utf8')),
});

/** Bytes that the workload of a pod reported, by command: `write`, `direct-write`, `map`, `read`, `direct-read`. */
export async function moved(out: string, pod: string): Promise<{ read: number; written: number }> {
  const total = { read: 0, written: 0 };
  for (const line of (await readFile(join(out, `${pod}.work`), 'utf8')).trim().split('\n')) {
    const [command = '', bytes = ''] = line.split(' ');
    // A page of a mapping is read before it is dirtied, though it is a hole in the file.
    if (/^(direct-)?write$|^map$/.test(command)) total.written += Number(bytes);
    if (/^(direct-)?read$|^map$/.test(command)) total.read += Number(bytes);
    if (!/^(direct-)?(write|read)$|^map$|^metadata$/.test(command))
      throw new Error(`${pod}.work has a line the workload does not print: ${line}`);
  }
  return total;
}
