import { describe, expect, test } from 'vitest';
import { parseConfig } from './config-file.ts';

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
};
const value = (yaml: string): unknown => (parseConfig(`v: ${yaml}\n`, 'test.yaml', env).value as { v: unknown }).v;

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
  test.each<[yaml: string, line: string]>([
    ['${env:NONE}', 'NFS-103 test.yaml:1:4: the environment variable NONE is not set. Set it, or give a default: ${env:NONE:-default}.'],
    [
      '[a, "${HOST}"]',
      'NFS-103 test.yaml:1:8: ${HOST} is not an expression. Write ${env:NAME} or ${env:NAME:-default}; a dollar sign is $$.',
    ],
    [
      '${file:/etc/passwd}',
      'NFS-103 test.yaml:1:4: ${file:/etc/passwd} is not an expression. Write ${env:NAME} or ${env:NAME:-default}; a dollar sign is $$.',
    ],
    ['${env:1X}', 'NFS-103 test.yaml:1:4: ${env:1X} is not an expression. Write ${env:NAME} or ${env:NAME:-default}; a dollar sign is $$.'],
    ['[1, ${env:PORT}]', 'NFS-102 test.yaml:1:9: Missing , or : between flow sequence items. Put ${...} in quotes inside [ ] and { }.'],
    ['{ a: ${env:PORT} }', 'NFS-102 test.yaml:1:10: Unexpected flow-map-start at node end. Put ${...} in quotes inside [ ] and { }.'],
  ])('%s', (yaml, line) => {
    expect(() => value(yaml)).toThrow(expect.objectContaining({ toLine: expect.any(Function) }));
    try {
      value(yaml);
    } catch (error) {
      expect((error as { toLine(): string }).toLine()).toBe(line);
    }
  });
});
