import { printable } from '@nfscope/pipeline';
import { fit, textWidth } from './text-width.ts';
import type { Usage } from './usage.ts';

export interface TableSize {
  /** Cells of a line. */
  readonly columns: number;
  /** The most rows of the table, its head aside. */
  readonly rows: number;
  /** Whether the head is bold. */
  readonly color: boolean;
}

const head = ['POD', 'SERVER', 'EXPORT', 'OPS/S', 'MB/S', 'P99', 'IN FLIGHT', 'OLDEST'] as const;
/** Those of text are cut where the terminal is narrow: the longest first, never below this. */
const TEXTS = 3;
const NARROWEST = 6;
const GAP = 2;

/** Lines of a table, none wider than the terminal. */
export const tableLines = (usages: readonly Usage[], timeMs: number, { columns, rows, color }: TableSize): string[] => {
  const shown = usages.slice(0, rows);
  const cells = [[...head], ...shown.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column]!))));
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - columns;
  while (excess > 0) {
    const longest = widths.slice(0, TEXTS).reduce((best, width, i) => (width > widths[best]! ? i : best), 0);
    if (widths[longest]! <= NARROWEST) break;
    widths[longest]!--;
    excess--;
  }
  const line = (row: readonly string[]): string => {
    const aligned = row.map((cell, i) => (i < TEXTS ? fit(cell, widths[i]!) : ' '.repeat(widths[i]! - textWidth(cell)) + cell));
    return fit(aligned.join(' '.repeat(GAP)), columns).trimEnd();
  };
  const bold = (text: string): string => (color ? `\x1b[1m${text}\x1b[0m` : text);
  const more = usages.length - shown.length;
  return [
    fit(summary(usages, timeMs), columns).trimEnd(),
    '',
    bold(line(cells[0]!)),
    ...cells.slice(1).map(line),
    ...(more > 0 ? [fit(`and ${more} more`, columns).trimEnd()] : []),
  ];
};

/** One line for where there is no terminal. */
export const summaryLine = (usages: readonly Usage[], timeMs: number): string => {
  const [busiest] = usages;
  if (busiest === undefined) return summary(usages, timeMs);
  const [owner, server, path, operations, , p99] = cellsOf(busiest);
  return `${summary(usages, timeMs)}; busiest ${owner} on ${server}:${path} ${operations} ops/s p99 ${p99}`;
};

const summary = (usages: readonly Usage[], timeMs: number): string => {
  const total = (value: (usage: Usage) => number): number => usages.reduce((sum, usage) => sum + value(usage), 0);
  const owners = new Set(usages.map(({ owner }) => owner)).size;
  const rates = `${rate(total(({ operations }) => operations))} ops/s, ${rate(total(({ bytes }) => bytes) / 1e6)} MB/s`;
  const inflight = total((usage) => usage.inflight);
  const oldest = usages.reduce((most, usage) => Math.max(most, usage.oldest), 0);
  const waiting = inflight === 0 ? '' : `, ${inflight} in flight, the oldest for ${seconds(oldest)}`;
  return `${new Date(timeMs).toISOString().slice(11, 19)}Z  ${owners} active, ${rates}${waiting}`;
};

const cellsOf = ({ owner, server, path, operations, bytes, p99, inflight, oldest }: Usage): string[] => [
  printable(owner),
  printable(server),
  printable(path),
  rate(operations),
  rate(bytes / 1e6),
  seconds(p99),
  inflight === 0 ? '-' : String(inflight),
  seconds(inflight === 0 ? undefined : oldest),
];

const rate = (value: number): string => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0));

const seconds = (value: number | undefined): string => {
  if (value === undefined) return '-';
  if (value === Infinity) return 'longer';
  if (value < 0.001) return `${(value * 1e6).toFixed(0)} us`;
  if (value < 1) return `${(value * 1e3).toPrecision(3)} ms`;
  return value < 100 ? `${value.toPrecision(3)} s` : `${value.toFixed(0)} s`;
};
