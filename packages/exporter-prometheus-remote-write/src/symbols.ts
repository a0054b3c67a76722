import { field } from '@nfscope/model/prometheus';
import { append, growingBytes, reserve, type GrowingBytes } from './growing-bytes.ts';

// io.prometheus.write.v2.Request.
const symbolsTag = 0x22;

/** A text that series refer to by its place in the table of their request. */
export interface SymbolText {
  /** No other text ever gets it. */
  readonly id: number;
  /** As a field of its request. */
  readonly field: Uint8Array;
  /** The last table that it came into, and where it is there. */
  table: number;
  place: number;
}

/** The texts of one request. */
export interface SymbolTable {
  readonly number: number;
  readonly fields: GrowingBytes;
  length: number;
}

/** Texts, each of them once for as long as somebody has it. */
export interface Symbols {
  of(text: string): SymbolText;
  /** Has the empty text alone, which the specification wants in front. */
  table(): SymbolTable;
}

/** Of one exporter. */
export const symbols = (): Symbols => {
  // Names of pods come and go for as long as the exporter runs.
  const known = new Map<string, WeakRef<SymbolText>>();
  const unused = new FinalizationRegistry<string>((text) => {
    if (known.get(text)?.deref() === undefined) known.delete(text);
  });
  let [texts, tables] = [0, 0];
  const of = (text: string): SymbolText => {
    let symbol = known.get(text)?.deref();
    if (symbol === undefined) {
      symbol = { id: ++texts, field: field(symbolsTag, Buffer.from(text)), table: 0, place: 0 };
      known.set(text, new WeakRef(symbol));
      unused.register(symbol, text);
    }
    return symbol;
  };
  const empty = of('');
  return {
    of,
    table() {
      const table = { number: ++tables, fields: growingBytes(16 * 1024), length: 0 };
      placeIn(table, empty);
      return table;
    },
  };
};

/** Where a text is in a table; it comes into it when it is not there. */
export const placeIn = (table: SymbolTable, symbol: SymbolText): number => {
  if (symbol.table !== table.number) {
    symbol.table = table.number;
    symbol.place = table.length++;
    reserve(table.fields, symbol.field.length);
    append(table.fields, symbol.field);
  }
  return symbol.place;
};
