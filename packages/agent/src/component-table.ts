import type { Factory } from '@nfscope/pipeline';

/** The components as a table: type, kind, signals, stability, description. */
export const componentTable = (factories: readonly Factory[]): string => {
  const rows = factories.map((factory) => [factory.type, factory.kind, ...signalsOf(factory), factory.description]);
  const table = [['TYPE', 'KIND', 'SIGNALS', 'STABILITY', 'DESCRIPTION'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
};

const signalsOf = (factory: Factory): [signals: string, stability: string] => {
  if (factory.kind === 'connector') return [`${factory.from} -> ${factory.to}`, factory.stability];
  if (factory.kind === 'extension') return ['', factory.stability];
  const signals = Object.entries(factory.signals);
  return [signals.map(([signal]) => signal).join(', '), [...new Set(signals.map(([, { stability }]) => stability))].join(', ')];
};
