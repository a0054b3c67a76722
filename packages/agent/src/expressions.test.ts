import { fileURLToPath } from 'node:url';
import type { NfscopeError } from '@nfscope/pipeline';
import { describe, expect, test } from 'vitest';
import { parseSource } from './config-source.ts';

const env = {
  HOST: 'nas1',
  PORT: '2049',
  EMPTY: '',
  FLAG: 'true',
  QUOTED: '"2049"',
  LIST: '[1, 2]',
  BAD: '[1',
  TEXT: 'a: b',
  NESTED: '${env:HOST}',
  HASH: '# no comment',
  SPACES: '  a  b ',
  FILE: 'token',
};
const folder = fileURLToPath(new URL('../testdata/expressions', import.meta.url));
const files: [path: string, text: string][] = [];
const surrounding = { env, folder, onFile: (...file: [path: string, text: string]) => files.push(file) };
const value = (yaml: string): unknown => (parseSource(`v: ${yaml}\n`, 'test.yaml', surrounding).value as { v: unknown }).v;

describe('values', () => {
  test.each<[yaml: string, expected: unknown]>([
    ['${env:HOST}', 'nas1'],
    ['${env:HOST}:${env:PORT}', 'nas1:2049'],
    ['${env:PORT}', 2049],
    ['"${env:PORT}"', '2049'],
    ["'${env:PORT}'", '2049'],
    ['${env:FLAG}', true],
    ['${env:QUOTED}', '"2049"'],
    ['${env:LIST}', '[1, 2]'],
    ['${env:BAD}', '[1'],
    ['${env:TEXT}', 'a: b'],
    ['${env:NESTED}', '${env:HOST}'],
    ['${env:EMPTY}', null],
    ['x${env:EMPTY}', 'x'],
    ['${env:NONE:-local}', 'local'],
    ['${env:NONE:-9464}', 9464],
    ['${env:EMPTY:-local}', 'local'],
    ['${env:HOST:-local}', 'nas1'],
    ['${env:NONE:-127.0.0.1:9464}', '127.0.0.1:9464'],
    ['${env:NONE:-}', null],
    ['${env:NONE:-${env:HOST}}', 'nas1'],
    ['${env:NONE:-a$$b}', 'a$b'],
    ['${env:HASH}', '# no comment'],
    ['${env:SPACES}', '  a  b '],
    ['${file:token}', 'a secret'],
    ['"Bearer ${file:./token}"', 'Bearer a secret'],
    ['${file:${env:FILE}}', 'a secret'],
    [`\${file:${folder}/token}`, 'a secret'],
    ['${file:number}', 2049],
    ['"${file:number}"', '2049'],
    ['"${file:crlf}"', 'a\n\r\nb'],
    ['${file:lines}', 'a\nb\n'],
    ['${file:empty}', null],
    ['$${env:HOST}', '${env:HOST}'],
    ['a$$b', 'a$b'],
    ['$$', '$'],
    ['$HOST', '$HOST'],
    ['["${env:HOST}", 1]', ['nas1', 1]],
    ['{ ${env:HOST}: 1 }'.replace('${env:HOST}', '"${env:HOST}"'), { '${env:HOST}': 1 }],
  ])('%s', (yaml, expected) => {
    expect(value(yaml)).toEqual(expected);
  });
});

describe('errors', () => {
  const mend = 'Write ${env:NAME}, ${env:NAME:-default} or ${file:PATH}; a dollar sign is $$.';
  test.each<[yaml: string, line: string]>([
    ['${env:NONE}', 'NFS-103 test.yaml:1:4: the environment variable NONE is not set. Set it, or give a default: ${env:NONE:-default}.'],
    ['[a, "${HOST}"]', `NFS-103 test.yaml:1:8: \${HOST} is not an expression. ${mend}`],
    ['${yaml:1}', `NFS-103 test.yaml:1:4: \${yaml:1} is not an expression. ${mend}`],
    ['${env:1X}', `NFS-103 test.yaml:1:4: \${env:1X} is not an expression. ${mend}`],
    ['${env:HOST', 'NFS-103 test.yaml:1:4: ${env:HOST is not closed. Close it with }; a dollar sign is $$.'],
    [
      'x${file:none}',
      `NFS-103 test.yaml:1:4: \${file:none} cannot be read: there is no such file. The file is ${folder}/none: paths begin where the configuration is.`,
    ],
    [
      '${file:}',
      `NFS-103 test.yaml:1:4: \${file:} cannot be read: it is a folder. The file is ${folder}: paths begin where the configuration is.`,
    ],
    ['[1, ${env:PORT}]', 'NFS-102 test.yaml:1:9: Missing , or : between flow sequence items. Put ${...} in quotes inside [ ] and { }.'],
    ['{ a: ${env:PORT} }', 'NFS-102 test.yaml:1:10: Unexpected flow-map-start at node end. Put ${...} in quotes inside [ ] and { }.'],
  ])('%s', (yaml, line) => {
    let said: unknown;
    try {
      value(yaml);
    } catch (error) {
      said = (error as NfscopeError).toLine();
    }
    expect(said).toBe(line);
  });
});

test('files are told to whoever watches them', () => {
  files.length = 0;
  value('${file:token}');
  expect(files).toEqual([[`${folder}/token`, 'a secret\n']]);
});
