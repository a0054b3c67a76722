import type { MetricsBatch } from '@nfscope/model';
import { field, type Family, type FamilyWithSeries } from '@nfscope/model/prometheus';
import { boundsOf, linesOf, putValues } from './lines.ts';
import type { EndedSeries } from './live-series.ts';
import { sampleWriter } from './sample-writer.ts';

// prometheus.MetricMetadata: a field of the request, its own tags, and its types.
const metadataTag = 0x1a;
const tags = { type: 0x08, name: 0x12, help: 0x22, unit: 0x2a } as const;
const types = { counter: 1, gauge: 2, histogram: 3, info: 6 } as const;

const metadata = ({ name, type, help, unit }: Family): Uint8Array => {
  const text = (tag: number, value: string): Uint8Array => (value === '' ? new Uint8Array(0) : field(tag, Buffer.from(value)));
  return field(
    metadataTag,
    Buffer.concat([Uint8Array.of(tags.type, types[type]), text(tags.name, name), text(tags.help, help), text(tags.unit, unit)]),
  );
};

/**
 * A snapshot as messages of prometheus.WriteRequest, each with at most so many samples; the first has what the metrics are.
 * Those of series that have ended come last.
 */
export function* writeRequests(
  { timeMs }: Pick<MetricsBatch, 'timeMs'>,
  families: readonly FamilyWithSeries[],
  ended: readonly EndedSeries[],
  mostSamples: number,
): Generator<Uint8Array, void, void> {
  const writer = sampleWriter(timeMs);
  const isFull = (more: number): boolean => writer.samples() > 0 && writer.samples() + more > mostSamples;
  for (const { family } of families) writer.put(metadata(family));
  for (const { family, sets } of families) {
    for (const { points, labels } of sets) {
      const lines = linesOf(family.name, boundsOf(points));
      const values = new Float64Array(lines.length);
      for (let point = 0; point < points.length; point++) {
        const own = labels[point];
        if (own === undefined) continue;
        if (isFull(lines.length)) yield writer.take();
        putValues(points, point, values);
        writer.putPoint(own, lines, values);
      }
    }
  }
  for (const { name, labels, bounds } of ended) {
    const lines = linesOf(name, bounds);
    if (isFull(lines.length)) yield writer.take();
    writer.putPoint(labels, lines, undefined);
  }
  if (writer.samples() > 0) yield writer.take();
}
