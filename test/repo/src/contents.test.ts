import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytes, files, isTestdata, lineOf, root, text } from './tree.ts';

const LINES = 400;
const BYTES = 200_000;

const isText = (path: string): boolean => !bytes(path).subarray(0, 8192).includes(0);

test('a source can be read in one sitting', () => {
  const long = files
    .filter((path) => /\.(ts|mts|js|mjs|c|h|cc|hh|sh)$/.test(path) && !/\.gen\.ts$/.test(path) && !isTestdata(path))
    .map((path) => ({ path, lines: text(path).split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > (lineBudget[path] ?? LINES));
  expect(long).toEqual([]);
});

/** Those that are longer, and why. */
const lineBudget: Readonly<Record<string, number>> = {
  // Every program is in one object, so that they share maps; splitting the file only moves the reader.
  'bpf/nfs.bpf.c': 700,
};

/** Those that are larger, and why. */
const byteBudget: Readonly<Record<string, number>> = {
  // Five minutes of a real node, for replay: shorter would not have a server that stops twice in it.
  'examples/recording/nas.recording': 400_000,
};

test('a generator can be read at a glance', () => {
  const long = files.filter((path) => /^scripts\/generate-.*\.mjs$/.test(path) && text(path).split('\n').length > 150);
  expect(long).toEqual([]);
});

test('nothing that was built is in git, and nothing large', () => {
  const magic = [Buffer.from('\x7fELF', 'latin1'), Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('\x1f\x8b', 'latin1')];
  const built = files.filter((path) => magic.some((start) => bytes(path).subarray(0, start.length).equals(start)));
  expect(built).toEqual([]);
  expect(files.filter((path) => lstatSync(join(root, path)).size > (byteBudget[path] ?? BYTES))).toEqual([]);
  // What a real node said is compressed, and a test reads it.
  expect(files.filter((path) => !isText(path) && !isTestdata(path) && !/^examples\/recording\/.*\.recording$/.test(path))).toEqual([]);
});

// Those of containers and guests (/root, /var, /etc) are not a developer's.
test('no path of a machine and no registry of a company is in the tree', () => {
  const patterns = [
    /(?<![\w./-])\/(home|Users)\/[a-z][\w.-]*/,
    /(?<![\w./-])\/work\/[a-z]/,
    /https?:\/\/[^\s/'"]*(artifactory|nexus|verdaccio|proxy|mirror|registry)[^\s/'"]*\//i,
    /https?:\/\/(10|127|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+[:/][^\s'"]*\.tgz/,
  ];
  const found = files
    .filter((path) => isText(path) && path !== 'test/repo/src/contents.test.ts' && !path.startsWith('LICENSES/'))
    .flatMap((path) =>
      patterns.flatMap((pattern) => {
        const match = pattern.exec(text(path));
        return match ? [`${path}:${lineOf(text(path), match.index)}: ${match[0]}`] : [];
      }),
    );
  expect(found).toEqual([]);
});

test('every source of the kernel side says its licence', () => {
  const silent = files.filter(
    (path) =>
      /^bpf\/.*\.[ch]$/.test(path) && !isTestdata(path) && !text(path).startsWith('/* SPDX-License-Identifier: GPL-2.0-only OR MIT */'),
  );
  expect(silent).toEqual([]);
});
