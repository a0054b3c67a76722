import type { Attributes, Exemplars, HistogramPoints, Metric, MetricsBatch, NumberPoints, Points } from '@nfscope/model';
import { putAttributes } from './attribute-bytes.ts';
import { dataKind, type DataKind, type Histograms } from './data-kind.ts';
import { bytesTag, written } from './protobuf-writer.ts';

/** Points of one metric, and beside each row what the backend has of its series. */
export interface SentSet {
  /** Of series that have ended there are no values. */
  points: HistogramPoints | NumberPoints | Points;
  /** Of histograms that have ended the bounds of each. */
  readonly bounds?: readonly (readonly number[])[];
  /** What `points.resource` is an index into. */
  readonly resources: readonly Attributes[];
  /** The attributes as the KeyValues of a data point. */
  readonly keyValues: readonly Uint8Array[];
  /** The time of the last point that the backend took, milliseconds; NaN while there is none. */
  readonly timeMs: Float64Array;
  /** When the series began that it was of. */
  readonly startMs: Float64Array;
  /** Where deltas are sent, what the backend was told so far: of a counter the value, of a histogram count, sum and buckets. */
  readonly told: Float64Array | undefined;
  /** By row, those of the last point with any that the backend took. */
  readonly exemplars: Exemplars;
  /** Values of a row of `told`. */
  readonly width: number;
}

/** A snapshot, and the series that are not in it any more. */
export interface FollowedBatch {
  readonly resources: readonly Attributes[];
  readonly metrics: readonly FollowedMetric[];
}

interface FollowedMetric {
  readonly metric: Metric;
  readonly kind: DataKind;
  /** With the resource of each row, as an index into those of all. */
  readonly sets: readonly { readonly set: SentSet; readonly resource: Uint32Array }[];
}

interface SentMetric {
  readonly kind: DataKind;
  /** As it was in the last snapshot that had it. */
  metric: Metric;
  sets: readonly SentSet[];
  /** Those that the backend has not been told of are sent again. */
  ended: SentSet | undefined;
}

type Row = readonly [set: SentSet, row: number];

/** Fields of NumberDataPoint, HistogramDataPoint and ExponentialHistogramDataPoint. */
const attributesTag = { gauge: bytesTag(7), counter: bytesTag(7), histogram: bytesTag(9), exponential: bytesTag(1) };

const boundsOf = ({ points, bounds }: SentSet, row: number): readonly number[] =>
  'bounds' in points ? points.bounds : (bounds?.[row] ?? []);

const hasValues = (points: SentSet['points']): points is HistogramPoints | NumberPoints => 'value' in points || 'buckets' in points;

/** How many numbers a point has. */
const widthOf = (points: HistogramPoints | NumberPoints): number => ('value' in points ? 1 : points.bounds.length + 3);

const setsOf = (metric: Metric): readonly (HistogramPoints | NumberPoints)[] =>
  metric.type === 'histogram' ? metric.points : [metric.points];

const resourceOf = ({ points, resources }: SentSet, row: number): Attributes => resources[points.resource[row]!]!;
const nameOf = ([set, row]: Row): string => JSON.stringify([resourceOf(set, row), set.points.attributes[row]]);

/** What the backend was told of a series before; false when a point says all since the series began. Its row of `told` then counts. */
export const wasTold = (set: SentSet, row: number): boolean => {
  if (set.told === undefined) return false;
  const { points, told, startMs, timeMs, width } = set;
  if (!hasValues(points) || Number.isNaN(timeMs[row]!) || startMs[row] !== points.startMs[row]) return false;
  // What has become less has begun anew.
  return ('value' in points ? points.value : points.count)[row]! >= told[row * width]!;
};

/** Whether there is nothing to say of a row: its end was told, or it is a delta of no time. Undefined where that cannot be. */
export const silenceOf = (set: SentSet, timeMs: number): ((row: number) => boolean) | undefined => {
  if (!hasValues(set.points)) return (row) => Number.isNaN(set.timeMs[row]!);
  return set.told === undefined ? undefined : (row) => set.timeMs[row]! >= timeMs && wasTold(set, row);
};

/** The backend took a row of a snapshot of `timeMs`. */
export const markTaken = (set: SentSet, row: number, timeMs: number): void => {
  const own = 'buckets' in set.points ? set.points.exemplars?.get(row) : undefined;
  if (own !== undefined) set.exemplars.set(row, own);
  markTold(set, row, timeMs);
};

/** The backend has the numbers of a row of a snapshot of `timeMs`. */
const markTold = (set: SentSet, row: number, timeMs: number): void => {
  const { points, told, width } = set;
  if (!hasValues(points)) {
    set.timeMs[row] = NaN;
    return;
  }
  set.timeMs[row] = timeMs;
  set.startMs[row] = points.startMs[row]!;
  if (told === undefined) return;
  if ('value' in points) {
    told[row] = points.value[row]!;
    return;
  }
  told[row * width] = points.count[row]!;
  told[row * width + 1] = points.sum[row]!;
  for (let bucket = 2; bucket < width; bucket++) told[row * width + bucket] = points.buckets[row * (width - 2) + bucket - 2]!;
};

/** Rows by resource and attributes. */
const indexOf = (sets: readonly SentSet[]): Map<Attributes, Map<Attributes, Row>> => {
  const index = new Map<Attributes, Map<Attributes, Row>>();
  for (const set of sets) {
    for (let row = 0; row < set.points.length; row++) {
      const resource = resourceOf(set, row);
      let below = index.get(resource);
      if (below === undefined) index.set(resource, (below = new Map()));
      below.set(set.points.attributes[row]!, [set, row]);
    }
  }
  return index;
};

/**
 * What the backend has, by the points it took; nothing yet. `deltasSinceMs` is when this exporter began, if it sends deltas:
 * what a series counted before that was told by somebody else, such as this agent before its restart. `histograms`: how they
 * are sent whose bounds are powers of one base.
 */
export const sentSeries = (deltasSinceMs?: number, histograms: Histograms = 'explicit'): ((batch: MetricsBatch) => FollowedBatch) => {
  const scopes = new Map<string, Map<string, SentMetric>>();

  const newSet = (
    { resources, timeMs }: MetricsBatch,
    kind: DataKind,
    points: HistogramPoints | NumberPoints,
    before: ReturnType<typeof indexOf>,
    added: Row[],
  ): SentSet => {
    const { length } = points;
    const width = widthOf(points);
    const told = deltasSinceMs === undefined || kind === 'gauge' ? undefined : new Float64Array(length * width);
    const keyValues: Uint8Array[] = [];
    const columns = { timeMs: new Float64Array(length).fill(NaN), startMs: new Float64Array(length), told };
    const set: SentSet = { points, resources, keyValues, ...columns, exemplars: new Map(), width };
    for (let row = 0; row < length; row++) {
      const attributes = points.attributes[row]!;
      const below = before.get(resourceOf(set, row));
      const known = below?.get(attributes);
      if (known === undefined) {
        keyValues.push(written((writer) => putAttributes(writer, attributesTag[kind], attributes)));
        added.push([set, row]);
        // A recording is older than the exporter that sends it, and all of it is news.
        if (told !== undefined && points.startMs[row]! < deltasSinceMs! && deltasSinceMs! <= timeMs) markTold(set, row, timeMs);
        continue;
      }
      below!.delete(attributes);
      const [from, at] = known;
      keyValues.push(from.keyValues[at]!);
      // Other bounds, or told of its end: it begins anew.
      if (from.width !== width || !hasValues(from.points)) continue;
      columns.timeMs[row] = from.timeMs[at]!;
      columns.startMs[row] = from.startMs[at]!;
      const exemplars = from.exemplars.get(at);
      if (exemplars !== undefined) set.exemplars.set(row, exemplars);
      told?.set(from.told!.subarray(at * width, (at + 1) * width), row * width);
    }
    return set;
  };

  const endedSet = ({ type }: Metric, rows: readonly Row[]): SentSet | undefined => {
    if (rows.length === 0) return undefined;
    const resources = [...new Set(rows.map(([set, row]) => resourceOf(set, row)))];
    const places = new Map(resources.map((resource, index) => [resource, index]));
    const points: Points = {
      length: rows.length,
      resource: Uint32Array.from(rows, ([set, row]) => places.get(resourceOf(set, row))!),
      attributes: rows.map(([set, row]) => set.points.attributes[row]!),
      startMs: Float64Array.from(rows, ([{ told, timeMs, startMs }, row]) => (told === undefined ? startMs : timeMs)[row]!),
    };
    const keyValues = rows.map(([set, row]) => set.keyValues[row]!);
    const timeMs = Float64Array.from(rows, ([set, row]) => set.timeMs[row]!);
    const bounds = type === 'histogram' ? { bounds: rows.map((row) => boundsOf(...row)) } : {};
    return {
      points,
      ...bounds,
      resources,
      keyValues,
      timeMs,
      startMs: points.startMs.slice(),
      told: undefined,
      exemplars: new Map(),
      width: 0,
    };
  };

  /** Takes the points of a snapshot for those of the one before. */
  const advance = (known: SentMetric, batch: MetricsBatch, all: readonly (HistogramPoints | NumberPoints)[]): void => {
    const sameResources = (set: SentSet): boolean =>
      set.resources.length === batch.resources.length && set.resources.every((resource, index) => resource === batch.resources[index]);
    const same = all.map((points) =>
      known.sets.find(
        (set) => set.points.attributes === points.attributes && set.points.resource === points.resource && sameResources(set),
      ),
    );
    if (same.length === known.sets.length && same.every((set, index) => set !== undefined && set.width === widthOf(all[index]!))) {
      same.forEach((set, index) => (set!.points = all[index]!));
      return;
    }
    const before = indexOf(known.ended === undefined ? known.sets : [known.ended, ...known.sets]);
    const added: Row[] = [];
    known.sets = all.map((points) => newSet(batch, known.kind, points, before, added));
    const left = [...before.values()].flatMap((below) => [...below.values()]).filter(([set, row]) => !Number.isNaN(set.timeMs[row]!));
    // One that goes on as another object has not ended for the backend.
    const goingOn = new Set(left.length === 0 ? [] : added.map(nameOf));
    known.ended = endedSet(
      known.metric,
      left.filter((row) => !goingOn.has(nameOf(row))),
    );
  };

  return (batch) => {
    let scope = scopes.get(batch.scope.name);
    if (scope === undefined) scopes.set(batch.scope.name, (scope = new Map()));
    // By these it is known, to a backend too.
    const live = new Map<string, Metric>();
    for (const metric of batch.metrics) {
      const kind = dataKind(metric, histograms);
      const key = `${kind} ${metric.name}`;
      live.set(key, metric);
      const known = scope.get(key);
      if (known === undefined) scope.set(key, { kind, metric, sets: [], ended: undefined });
      else known.metric = metric;
    }
    const resources = [...batch.resources];
    const metrics: FollowedMetric[] = [];
    for (const [key, known] of scope) {
      const metric = live.get(key);
      advance(known, batch, metric === undefined ? [] : setsOf(metric));
      const sets = known.sets.map((set) => ({ set, resource: set.points.resource }));
      const { ended } = known;
      if (ended?.timeMs.every(Number.isNaN)) known.ended = undefined;
      else if (ended !== undefined) sets.push({ set: ended, resource: placesIn(resources, ended) });
      if (sets.length === 0) scope.delete(key);
      else metrics.push({ metric: known.metric, kind: known.kind, sets });
    }
    return { resources, metrics };
  };
};

/** The resource of each row as an index into `resources`; one that is not there any more is added. */
const placesIn = (resources: Attributes[], set: SentSet): Uint32Array => {
  const places = new Map(resources.map((resource, index) => [resource, index]));
  return set.points.resource.map((_, row) => {
    const resource = resourceOf(set, row);
    let place = places.get(resource);
    if (place === undefined) places.set(resource, (place = resources.push(resource) - 1));
    return place;
  });
};
