import { putVarint, VARINT_LENGTH } from '@nfscope/model/prometheus';
import { metricTypes, type MetricHead } from './request-writer.ts';
import { placeIn, type Symbols, type SymbolTable } from './symbols.ts';

// io.prometheus.write.v2.TimeSeries, and tags of its Metadata.
const fieldTag = 0x2a;
const tags = { type: 0x08, help: 0x18, unit: 0x20 } as const;

/** What a metric is, as the field of each of its series, by the symbols of a table; it holds until the next. */
export const metadataField = ({ type, help, unit }: MetricHead, symbols: Symbols): ((table: SymbolTable) => Uint8Array) => {
  const [helpSymbol, unitSymbol] = [symbols.of(help), symbols.of(unit)];
  const bytes = new Uint8Array(6 + 2 * VARINT_LENGTH);
  bytes.set([fieldTag, 0, tags.type, metricTypes[type], tags.help]);
  return (table) => {
    let end = putVarint(bytes, 5, placeIn(table, helpSymbol));
    bytes[end++] = tags.unit;
    end = putVarint(bytes, end, placeIn(table, unitSymbol));
    bytes[1] = end - 2;
    return bytes.subarray(0, end);
  };
};
