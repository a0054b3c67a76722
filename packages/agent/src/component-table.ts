import type { Factory, Signal, Stability } from '@nfscope/pipeline';

/** The components as a table: type, kind, signals, stability, description. */
export const componentTable = (factories: readonly Factory[]): string => {
  const rows = factories.map((factory) => [factory.type, factory.kind, ...inWords(factory), factory.description]);
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

/** The same as JSON. Keys are stable within a schema. */
export const componentList = (factories: readonly Factory[], version: string): string => {
  const listed = factories.map((factory) => ({
    type: factory.type,
    kind: factory.kind,
    ...facts(factory),
    description: factory.description,
  }));
  return `${JSON.stringify({ schema: 1, nfscope: version, components: listed }, undefined, 2)}\n`;
};

/** A component of a kind through which no signal flows has but a stability. */
interface Facts {
  readonly signals?: Partial<Record<Signal, Stability>>;
  readonly from?: Signal;
  readonly to?: Signal;
  readonly stability?: Stability;
}

const facts = (factory: Factory): Facts => {
  if (factory.kind === 'connector') return { from: factory.from, to: factory.to, stability: factory.stability };
  if (factory.kind === 'extension') return { stability: factory.stability };
  return { signals: Object.fromEntries(Object.entries(factory.signals).map(([signal, { stability }]) => [signal, stability])) };
};

const inWords = (factory: Factory): [signals: string, stability: string] => {
  const { signals = {}, from, to, stability } = facts(factory);
  if (stability !== undefined) return [from === undefined ? '' : `${from} -> ${to}`, stability];
  return [Object.keys(signals).join(', '), [...new Set(Object.values(signals))].join(', ')];
};
