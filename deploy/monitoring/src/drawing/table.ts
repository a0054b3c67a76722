import type { Box } from './frame.ts';
import { fitted, line, px } from './text.ts';

const ROW = 28;

/** Rows below their headings, as many as have room; the last column has the numbers. */
export const table = ({ x, y, width, height }: Box, headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const wide = (width - 16) / headings.length;
  const cell = (text: string, column: number, row: number, style: string): string => {
    const last = column === headings.length - 1;
    return line(x + 8 + (last ? column + 1 : column) * wide, y + row * ROW + 18, fitted(text, wide - 8), style, last ? 'end' : 'start');
  };
  const shown = rows.slice(0, Math.floor(height / ROW) - 1);
  const lines = shown.map(
    (cells, i) =>
      `<path class="grid" d="M${px(x + 8)} ${px(y + (i + 1) * ROW)}h${px(width - 16)}"/>${cells.map((text, column) => cell(text, column, i + 1, '')).join('')}`,
  );
  return [headings.map((text, column) => cell(text, column, 0, 'head')).join(''), ...lines].join('\n');
};
