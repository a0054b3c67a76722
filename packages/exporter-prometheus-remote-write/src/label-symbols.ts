import type { LabelPair, Labels } from '@nfscope/model/prometheus';
import { labelParts } from './label-parts.ts';
import type { Symbols, SymbolText } from './symbols.ts';

/** Names and values one after the other, in three parts: `__name__` comes between the first two, `le` between the last two. */
export type LabelSymbols = readonly [readonly SymbolText[], readonly SymbolText[], readonly SymbolText[]];

/** Labels as symbols, looked up once in the life of a series. */
export const labelSymbols = (external: Readonly<Record<string, string>>, symbols: Symbols) => {
  const partsOfPairs = labelParts(external);
  const known = new WeakMap<Uint8Array, LabelSymbols>();
  const symbolsOf = (part: readonly LabelPair[]): SymbolText[] => part.flatMap(([name, value]) => [symbols.of(name), symbols.of(value)]);
  return {
    /** Equal for equal labels, for as long as either of them is there. */
    render(pairs: readonly LabelPair[]): Uint8Array {
      const [first, middle, last] = partsOfPairs(pairs);
      const parts: LabelSymbols = [symbolsOf(first), symbolsOf(middle), symbolsOf(last)];
      const bytes = new Uint8Array(Float64Array.from(parts.flat(), ({ id }) => id).buffer);
      known.set(bytes, parts);
      return bytes;
    },
    of: ({ bytes }: Labels): LabelSymbols => known.get(bytes)!,
  };
};
