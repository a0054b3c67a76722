import { verdict, type Row } from './row.ts';
import type { Spread } from './spread.ts';

/** Three digits that say something. */
const number = (value: number): string => {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
};

const spreadText = (spread: Spread | undefined, suffix = ''): string => {
  if (spread === undefined) return '-';
  const { median, low, high, rounds } = spread;
  return rounds === 1 ? `${number(median)}${suffix}` : `${number(median)}${suffix} [${number(low)} to ${number(high)}]`;
};

/** As text: a heading, and a line for each row. */
export const tableOf = (rows: readonly Row[]): string => {
  const lines = [
    ['WHAT', 'UNIT', 'BUDGET', 'MEASURED', 'ALTERNATIVE', 'RATIO', ''],
    ...rows.map((row) => [
      row.what,
      row.unit,
      row.budget ?? '-',
      spreadText(row.measured),
      row.alternative === undefined ? '-' : `${spreadText(row.alternative.measured)} (${row.alternative.name})`,
      spreadText(row.ratio, 'x'),
      verdict(row),
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
