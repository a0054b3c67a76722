import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hash } from './sources.ts';

let root = '';
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nfscope-sources-'));
  for (const path of [
    'bpf/nfs.bpf.c',
    'native/src/ring.cc',
    'packages/receiver-nfs/src/tick.ts',
    'packages/processor-mount/src/mountinfo.ts',
  ])
    write(path, 'code');
  for (const name of ['storm', 'storm-preempt', 'stuck']) write(`test/lab/scenarios/${name}/guest.sh`, name);
  for (const name of ['storm', 'stuck']) write(`test/lab/src/scenarios/${name}.ts`, name);
});
afterEach(() => rmSync(root, { recursive: true }));

const names = ['storm', 'storm-preempt', 'stuck'];

test.each([
  ['bpf/nfs.bpf.c', names],
  ['bpf/kernel.h', names],
  ['native/src/ring.cc', names],
  ['packages/receiver-nfs/src/tick.ts', names],
  ['packages/processor-mount/src/mountinfo.ts', names],
  ['test/lab/scenarios/storm/guest.sh', ['storm', 'storm-preempt']],
  ['test/lab/src/scenarios/storm.ts', ['storm', 'storm-preempt']],
  ['test/lab/scenarios/storm-preempt/guest.sh', ['storm-preempt']],
  ['test/lab/scenarios/stuck/nfscope.yaml', ['stuck']],
  ['test/lab/src/scenarios/index.ts', []],
  ['packages/receiver-nfs/src/tick.test.ts', []],
  ['packages/receiver-nfs/README.md', []],
  ['packages/exporter-top/src/table.ts', []],
  ['bpf/testdata/linux-6.1.h', []],
  ['bpf/build.test.ts', []],
])('a change of %s makes these results old: %j', (path, expected) => {
  const before = names.map((name) => hash(root, name));
  write(path, 'other code');
  expect(names.filter((name, index) => hash(root, name) !== before[index])).toEqual(expected);
});
