import { printable } from '@nfscope/pipeline';

/** As much of a line as is shown, around what is wrong in it. */
const WIDTH = 120;
const BEFORE = 60;

/**
 * The line that `start` is in, with its number, and carets below what is from there to `end` in it:
 *
 *     6 |     verBosity: basic
 *       |     ^^^^^^^^^
 */
export const excerpt = (text: string, start: number, end: number): string => {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const number = String(text.slice(0, lineStart).split('\n').length);
  const line = text.slice(lineStart).split(/\r?\n/, 1)[0]!;
  const column = start - lineStart;
  const from = line.length > WIDTH ? Math.max(0, column - BEFORE) : 0;
  const until = Math.min(line.length, from + WIDTH);
  const before = (from > 0 ? '…' : '') + printable(line.slice(from, column));
  const wrong = printable(line.slice(column, Math.max(column + 1, Math.min(end - lineStart, until))).trimEnd());
  const shown = `${from > 0 ? '…' : ''}${printable(line.slice(from, until))}${until < line.length ? '…' : ''}`;
  const margin = ' '.repeat(number.length);
  return `  ${number} | ${shown}\n  ${margin} | ${' '.repeat(before.length)}${'^'.repeat(Math.max(1, wrong.length))}`;
};
