import { expect, test } from 'vitest';
import { NfscopeError } from './errors.ts';
import { printable } from './printable.ts';

test.each([
  ['plain text, UTF-8 too: ñ 日本 🙂', 'plain text, UTF-8 too: ñ 日本 🙂'],
  ['two\nlines\r', 'two\\u000alines\\u000d'],
  ['\u001b[31mred', '\\u001b[31mred'],
  ['\u009b31mred', '\\u009b31mred'],
  ['a\u0000b\u007f', 'a\\u0000b\\u007f'],
  ['exe\u202egpj', 'exe\\u202egpj'],
  ['a\u2028b\u200bc\ufeff', 'a\\u2028b\\u200bc\\ufeff'],
])('%j', (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test('an error for people is one line, whatever it quotes', () => {
  const error = new NfscopeError('NFS-101', 'no\nsuch file', 'dir\u001b[2J/x.yaml', { mend: 'Give another.' });
  expect(error.toLine()).toBe('NFS-101 dir\\u001b[2J/x.yaml: no\\u000asuch file. Give another.');
});
