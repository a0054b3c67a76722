import type { Metric, MetricsBatch } from '@nfscope/model';
import type { DataKind } from './data-kind.ts';
import { nothing, resourceLevel, scopeLevel } from './levels.ts';
import { pointWriter, type PointWriter } from './metric-points.ts';
import { bytesTag, putString, putVarint, varintTag, written, type ProtobufWriter } from './protobuf-writer.ts';
import { requestWriter, type Level, type RequestWriter } from './request-writer.ts';
import type { Request } from './request.ts';
import { rowsByResource } from './rows-by-resource.ts';
import { markTaken, silenceOf, type FollowedBatch, type SentSet } from './sent-series.ts';

const METRIC = bytesTag(2);
const NAME = bytesTag(1);
const DESCRIPTION = bytesTag(2);
const UNIT = bytesTag(3);
const DATA = { gauge: bytesTag(5), counter: bytesTag(7), histogram: bytesTag(9), exponential: bytesTag(10) };
const TEMPORALITY = varintTag(2);
const IS_MONOTONIC = varintTag(3);
/** AggregationTemporality. */
const DELTA = 1;
const CUMULATIVE = 2;

/** What OTLP calls the change of a count: since the series began, or since the point before. */
export type Temporality = 'cumulative' | 'delta';

const metricLevels = ({ name, description, unit, type }: Metric, kind: DataKind, temporality: Temporality): readonly [Level, Level] => [
  {
    tag: METRIC,
    front: written((writer) => {
      if (unit !== '') putString(writer, UNIT, unit);
      if (description !== '') putString(writer, DESCRIPTION, description);
      putString(writer, NAME, name);
    }),
    back: nothing,
  },
  {
    tag: DATA[kind],
    front: nothing,
    back: written((writer) => {
      if (type === 'gauge') return;
      if (type === 'counter') {
        putVarint(writer, 1);
        putVarint(writer, IS_MONOTONIC);
      }
      putVarint(writer, temporality === 'delta' ? DELTA : CUMULATIVE);
      putVarint(writer, TEMPORALITY);
    }),
  },
];

/** Rows of a set that are in a request: from `rows[from]` to before `rows[to]`. */
interface Run {
  readonly set: SentSet;
  readonly rows: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/**
 * A snapshot as ExportMetricsServiceRequest messages of at most REQUEST_BYTES, each written when it is asked for: one
 * ResourceMetrics a resource, and a point without a value for each series that has ended since the backend got the last one.
 */
export function* metricRequests(
  { timeMs, scope }: Pick<MetricsBatch, 'timeMs' | 'scope'>,
  { resources, metrics }: FollowedBatch,
  temporality: Temporality,
  writer: ProtobufWriter,
): Generator<Request, void, void> {
  const out = requestWriter(writer);
  const inner = scopeLevel(scope);
  const families = metrics.map(({ metric, kind, sets }) => ({
    levels: metricLevels(metric, kind, temporality),
    sets: sets.map(({ set, resource }) => ({
      set,
      points: pointWriter(writer, kind, set, timeMs),
      ...rowsByResource(resource, set.points.length, resources.length, silenceOf(set, timeMs)),
    })),
  }));
  let runs: Run[] = [];
  const request = (bytes: Uint8Array): Request => {
    const inIt = runs;
    runs = [];
    return {
      bytes,
      taken() {
        for (const { set, rows, from, to } of inIt) for (let place = from; place < to; place++) markTaken(set, rows[place]!, timeMs);
      },
    };
  };

  // From the last to the first, as the writer wants it.
  for (let resource = resources.length - 1; resource >= 0; resource--) {
    const above = [resourceLevel(resources[resource]!), inner];
    for (let family = families.length - 1; family >= 0; family--) {
      const { levels, sets } = families[family]!;
      const path = [...above, ...levels];
      for (let index = sets.length - 1; index >= 0; index--) {
        const { set, points, starts, rows } = sets[index]!;
        for (let to = starts[resource + 1]!; to > starts[resource]!;) {
          const full = out.cut(path, points.bytes(rows[to - 1]!));
          if (full !== undefined) yield request(full);
          out.begin(path);
          const from = putRows(points, rows, starts[resource]!, to, out);
          runs.push({ set, rows, from, to });
          to = from;
        }
      }
    }
  }
  const rest = out.end();
  if (rest !== undefined) yield request(rest);
}

/** Writes `rows` from `to - 1` down to `first`, and at least one, as far as there is room; returns the last it wrote. */
const putRows = (points: PointWriter, rows: Uint32Array, first: number, to: number, out: RequestWriter): number => {
  let place = to;
  do points.put(rows[--place]!);
  while (place > first && points.bytes(rows[place - 1]!) <= out.room());
  return place;
};
