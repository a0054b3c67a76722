import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planPipelines } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { components } from './components.ts';
import { followConfiguration } from './followed-configuration.ts';

const plan = planPipelines(
  { receivers: { nfs: null }, exporters: { debug: null }, service: { pipelines: { nfs: { receivers: ['nfs'], exporters: ['debug'] } } } },
  components,
);

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfscope-follow-'));
  file = join(folder, 'nfscope.yaml');
  writeFileSync(file, 'one');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Follows `file`; `read` are the texts that were loaded, `during` is what else happens while one is. */
const follow = async (during: { begin?: () => void; load?: (nth: number) => void; apply?: (nth: number) => void } = {}) => {
  const read: string[] = [];
  const load = async () => {
    const text = readFileSync(file, 'utf8');
    read.push(text);
    during.load?.(read.length);
    return { plan, files: new Map([[file, text]]) };
  };
  const first = new Map([[file, readFileSync(file, 'utf8')]]);
  during.begin?.();
  const asked = new Subject<void>();
  const apply = async () => during.apply?.(read.length);
  const leave = followConfiguration(first, { load, apply, asked, told: () => {}, log: recordingLogger() });
  return { read, ask: () => asked.next(), [Symbol.dispose]: leave };
};
const write = (text: string) => (): void => writeFileSync(file, text);
const soon = (read: readonly string[], expected: readonly string[]) =>
  vi.waitFor(() => expect(read).toEqual(expected), { timeout: 10_000 });

describe.each<[how: string, change: (text: string) => void]>([
  ['written', (text) => writeFileSync(file, text)],
  [
    'put in its place, as by an editor',
    (text) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
  ],
  [
    'reached by another link, as a ConfigMap is',
    (text) => {
      const at = join(folder, text);
      writeFileSync(at, text);
      symlinkSync(at, `${file}.link`);
      renameSync(`${file}.link`, file);
    },
  ],
])('a new text %s', (_, change) => {
  test('is loaded once, and so is the next', async () => {
    using followed = await follow();
    change('two');
    await soon(followed.read, ['two']);
    change('three');
    await soon(followed.read, ['two', 'three']);
  });
});

describe('what is written at the wrong moment is not lost:', () => {
  test('between the read of the first one and the first look', async () => {
    using followed = await follow({ begin: write('two') });
    await soon(followed.read, ['two']);
  });
  test('between a read and the end of its load', async () => {
    using followed = await follow({ load: (nth) => nth === 1 && write('three')() });
    write('two')();
    await soon(followed.read, ['two', 'three']);
  });
  test('while it is put in the place of what runs', async () => {
    using followed = await follow({ apply: (nth) => nth === 1 && write('three')() });
    write('two')();
    await soon(followed.read, ['two', 'three']);
  });
  test('by whoever asks for a load as well: it is loaded once', async () => {
    using followed = await follow();
    write('two')();
    followed.ask();
    await soon(followed.read, ['two']);
    write('three')();
    await soon(followed.read, ['two', 'three']);
  });
});
