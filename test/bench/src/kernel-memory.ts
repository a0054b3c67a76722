import { readdirSync, readFileSync } from 'node:fs';
import { nfsReceiverConfig } from '@nfscope/receiver-nfs';
import type { FakeKernel } from './fake-kernel.ts';
import type { Row } from './row.ts';
import { spreadOf } from './spread.ts';
import type { Insides } from './tree.ts';

const BUDGET = 16;

/** What the kernel says of all maps and programs this process holds. */
const held = (): number => {
  let bytes = 0;
  const folder = '/proc/self/fdinfo';
  for (const name of readdirSync(folder)) {
    let text = '';
    try {
      text = readFileSync(`${folder}/${name}`, 'utf8');
    } catch {
      // The descriptor of the listing itself is gone by now.
      continue;
    }
    bytes += Number(/^memlock:\s*(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return bytes;
};

/** The maps and programs of the default configuration. */
export const kernelMemory = ({ load }: Insides, { btf }: FakeKernel): Row => {
  const before = held();
  const { session } = load(nfsReceiverConfig.parse({ btf }), 'bench');
  try {
    const measured = spreadOf([(held() - before) / 2 ** 20]);
    return {
      what: 'kernel: memory of the default configuration',
      unit: 'MiB',
      budget: `<= ${BUDGET}`,
      measured,
      met: measured.median <= BUDGET,
    };
  } finally {
    session.close();
  }
};
