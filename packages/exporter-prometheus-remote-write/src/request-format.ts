import { putField, putVarint, VARINT_LENGTH, type Labels } from '@nfscope/model/prometheus';
import { growingBytes, reserve } from './growing-bytes.ts';
import { linesOf, putValues } from './lines.ts';
import type { Format, MetricHead, PointWriter, RequestWriter } from './request-writer.ts';
import { labelSymbols } from './label-symbols.ts';
import { metadataField } from './metadata-field.ts';
import { nativeField } from './native-field.ts';
import { sampleField } from './sample-field.ts';
import { placeIn, symbols, type SymbolTable, type SymbolText } from './symbols.ts';

// Tags of io.prometheus.write.v2: the number of a field times 8, and 0 for a varint, 1 for a double, 2 for bytes.
const seriesTag = 0x2a;
const labelsTag = 0x0a;

const ROOM = 64 * 1024;

/** The symbols of a line's own labels: of `__name__` and its value, and of `le` and its. */
interface LineSymbols {
  readonly name: readonly SymbolText[];
  readonly bound: readonly SymbolText[];
}

/** io.prometheus.write.v2.Request, of remote-write 2.0. */
export const requestFormat = (external: Readonly<Record<string, string>>): Format => {
  const texts = symbols();
  const known = labelSymbols(external, texts);
  const lineOf = (name: string, bound: string | undefined): LineSymbols => ({
    name: [texts.of('__name__'), texts.of(name)],
    bound: bound === undefined ? [] : [texts.of('le'), texts.of(bound)],
  });

  const requestWriter = (timeMs: number): RequestWriter => {
    let table: SymbolTable = texts.table();
    const series = growingBytes(ROOM);
    let [samples, histograms] = [0, 0];

    let refs = new Uint8Array(64 * VARINT_LENGTH);
    let content = new Uint8Array(refs.length);
    /** A series: its labels, what a point is in it, and what its metric is. */
    const putSeries = (labels: Labels, { name, bound }: LineSymbols, value: Uint8Array, metadata: Uint8Array): void => {
      const [first, middle, last] = known.of(labels);
      const parts = [first, name, middle, bound, last];
      const most = parts.reduce((sum, part) => sum + part.length, 0) * VARINT_LENGTH;
      if (most > refs.length) refs = new Uint8Array(most);
      let end = 0;
      for (const part of parts) for (const symbol of part) end = putVarint(refs, end, placeIn(table, symbol));
      const room = 1 + VARINT_LENGTH + end + value.length + metadata.length;
      if (room > content.length) content = new Uint8Array(2 * room);
      end = putField(content, 0, labelsTag, refs.subarray(0, end));
      content.set(value, end);
      content.set(metadata, end + value.length);
      end += value.length + metadata.length;
      reserve(series, 1 + VARINT_LENGTH + end);
      series.at = putField(series.bytes, series.at, seriesTag, content.subarray(0, end));
    };

    const pointsOf = (head: MetricHead, bounds: readonly number[] | undefined): PointWriter => {
      const lines = linesOf(head.name, bounds).map((line) => lineOf(line.name, line.bound));
      const native = bounds === undefined ? undefined : nativeField(timeMs, bounds);
      const nativeLine = lineOf(head.name, undefined);
      const metadata = metadataField(head, texts);
      const sample = sampleField(timeMs);
      const values = new Float64Array(lines.length);
      const counts = head.type === 'counter' || head.type === 'histogram';

      return {
        series: lines.length + (native === undefined ? 0 : 1),
        put(labels, points, point) {
          putValues(points, point, values);
          const about = metadata(table);
          const startMs = counts ? points.startMs[point]! : 0;
          sample.begin(startMs);
          lines.forEach((line, index) => putSeries(labels, line, sample.of(values[index]!), about));
          samples += lines.length;
          if (native === undefined || 'value' in points) return;
          putSeries(labels, nativeLine, native.of(points, point, startMs), about);
          histograms++;
        },
        end(labels) {
          const about = metadata(table);
          sample.begin(0);
          lines.forEach((line) => putSeries(labels, line, sample.stale(), about));
          samples += lines.length;
          if (native === undefined) return;
          putSeries(labels, nativeLine, native.stale(), about);
          histograms++;
        },
      };
    };

    return {
      size: () => samples + histograms,
      pointsOf,
      take() {
        const { fields } = table;
        // Some readers look symbols up while they read.
        const bytes = new Uint8Array(fields.at + series.at);
        bytes.set(fields.bytes.subarray(0, fields.at));
        bytes.set(series.bytes.subarray(0, series.at), fields.at);
        const taken = { bytes, samples, histograms };
        table = texts.table();
        [series.at, samples, histograms] = [0, 0, 0];
        return taken;
      },
    };
  };
  return { render: known.render, requestWriter };
};
