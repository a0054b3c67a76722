import { expect, test } from 'vitest';
import { cut, isName, LONGEST_VALUE } from './attribute-text.ts';

test.each([
  ['what is short', 'a "b" \\ \n ü 漢 🙂', 'a "b" \\ \n ü 漢 🙂'],
  ['NUL', 'a\0b', 'a\uFFFDb'],
  ['a high surrogate alone', 'a\uD83Db', 'a\uFFFDb'],
  ['a low surrogate alone', '\uDE42', '\uFFFD'],
  ['as long as may be', 'x'.repeat(LONGEST_VALUE), 'x'.repeat(LONGEST_VALUE)],
  ['64 KiB', 'x'.repeat(65_536), 'x'.repeat(LONGEST_VALUE)],
  ['a character at the cut', `${'x'.repeat(LONGEST_VALUE - 1)}🙂`, 'x'.repeat(LONGEST_VALUE - 1)],
  ['a surrogate alone at the cut', `${'x'.repeat(LONGEST_VALUE - 1)}\uD83Dxx`, `${'x'.repeat(LONGEST_VALUE - 1)}\uFFFD`],
])('%s', (_, text, expected) => {
  expect(cut(text)).toBe(expected);
});

test.each([
  ['team', true],
  ['service.name', true],
  ['constructor', false],
  ['toString', false],
  ['', false],
  ['__proto__', false],
  ['k8s.pod.name', false],
  ['k8s_pod-name', false],
  ['nfs.io.owner', false],
  ['server.address', false],
])('%j may name an attribute: %s', (name, may) => {
  expect(isName(name)).toBe(may);
});
