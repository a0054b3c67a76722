import {
  sourceViews,
  type Attributes,
  type HistogramPoints,
  type LogsBatch,
  type Metric,
  type MetricsBatch,
  type NfsBatch,
  type NumberPoints,
  type Points,
  type Source,
  type Sources,
  type TracesBatch,
} from '@nfscope/model';
import { keeps, type Keep, type Lookup } from './match.ts';
import type { Config } from './config.ts';
import { operationAttribute } from './operation-attributes.ts';

/** A batch without what is left out, and how much that was. */
export interface Filtered<B> {
  readonly batch: B;
  readonly dropped: number;
}

const lookup =
  (set: Attributes): Lookup =>
  (key) =>
    set[key];

/** What is not left out, by its number. */
const indexes = (length: number, stays: (i: number) => boolean): number[] => {
  const some: number[] = [];
  for (let i = 0; i < length; i++) if (stays(i)) some.push(i);
  return some;
};

/** The same rows of every column. */
const rowsOf = <C extends { readonly length: number }>(columns: C, some: readonly number[]): C =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]: [string, number | Float64Array]) => [
      name,
      typeof column === 'number' ? some.length : (column.constructor as Float64ArrayConstructor).from(some, (i) => column[i]!),
    ]),
  ) as unknown as C;

/** No error: an operation in flight. */
const NO_ERROR = 0xffff;

/** Sources that say which of their operations are left out. */
const filteredSources = (keep: Keep): ((table: Sources) => Sources) =>
  sourceViews(({ attributes, resource, leavesOut: before }: Source) => {
    const ofResource = lookup(resource);
    // By operation and error: asked for every row of every batch.
    const known = new Map<number, boolean>();
    return {
      leavesOut(operation, error) {
        const key = operation.index * 0x10000 + (error ?? NO_ERROR);
        let isOut = known.get(key);
        if (isOut === undefined) {
          const own: Lookup = (name) => operationAttribute(name, attributes, operation, error);
          known.set(key, (isOut = before?.(operation, error) === true || !keep(operation.name, own, ofResource)));
        }
        return isOut;
      },
    };
  });

/**
 * Operations: events and what is in flight are taken out, and how many of the two that were. Rows of totals stay, marked by
 * their source, since it may be called otherwise tomorrow: whoever makes series of them asks `leavesOut`.
 */
export const filterOperations = (config: Config): ((batch: NfsBatch) => Filtered<NfsBatch>) => {
  const views = filteredSources(keeps(config));
  return (batch) => {
    const { events, inflight, operations } = batch;
    const sources = views(batch.sources);
    const stays = (source: number, operation: number, error: number | undefined): boolean =>
      sources.at(source).leavesOut?.(operations[operation]!, error) !== true;
    const some = indexes(events.length, (i) => stays(events.source[i]!, events.operation[i]!, events.error[i]));
    const going = inflight && indexes(inflight.length, (i) => stays(inflight.source[i]!, inflight.operation[i]!, undefined));
    return {
      batch: {
        ...batch,
        sources,
        events: some.length === events.length ? events : rowsOf(events, some),
        ...(inflight && { inflight: going!.length === inflight.length ? inflight : rowsOf(inflight, going!) }),
      },
      dropped: events.length - some.length,
    };
  };
};

const names = (points: Points, some: readonly number[]): Points => ({
  length: some.length,
  resource: Uint32Array.from(some, (i) => points.resource[i]!),
  attributes: some.map((i) => points.attributes[i]!),
  startMs: Float64Array.from(some, (i) => points.startMs[i]!),
});

const numbersAt = (points: NumberPoints, some: readonly number[]): NumberPoints =>
  some.length === points.length ? points : { ...names(points, some), value: Float64Array.from(some, (i) => points.value[i]!) };

const histogramsAt = (points: HistogramPoints, some: readonly number[]): HistogramPoints => {
  if (some.length === points.length) return points;
  const { bounds, exemplars } = points;
  const width = bounds.length + 1;
  const buckets = new Float64Array(some.length * width);
  for (const [to, from] of some.entries()) buckets.set(points.buckets.subarray(from * width, (from + 1) * width), to * width);
  const column = (of: Float64Array): Float64Array => Float64Array.from(some, (i) => of[i]!);
  const values = { bounds, buckets, count: column(points.count), sum: column(points.sum) };
  if (exemplars === undefined) return { ...names(points, some), ...values };
  const staying = some.flatMap((from, to) => (exemplars.has(from) ? [[to, exemplars.get(from)!] as const] : []));
  return { ...names(points, some), ...values, exemplars: new Map(staying) };
};

/** Points. A metric that has none left goes. */
export const filterMetrics = (config: Config): ((batch: MetricsBatch) => Filtered<MetricsBatch>) => {
  const keep = keeps(config);
  return (batch) => {
    let dropped = 0;
    const resources = batch.resources.map(lookup);
    const staying = ({ name }: Metric, { length, attributes, resource }: Points): number[] => {
      const some = indexes(length, (i) => keep(name, lookup(attributes[i]!), resources[resource[i]!]!));
      dropped += length - some.length;
      return some;
    };
    const metrics = batch.metrics.flatMap((metric): Metric[] => {
      if (metric.type !== 'histogram') {
        const points = numbersAt(metric.points, staying(metric, metric.points));
        return points.length === 0 ? [] : [{ ...metric, points }];
      }
      const points = metric.points.map((set) => histogramsAt(set, staying(metric, set))).filter(({ length }) => length > 0);
      return points.length === 0 ? [] : [{ ...metric, points }];
    });
    return { batch: { ...batch, metrics }, dropped };
  };
};

/** Spans. */
export const filterSpans = (config: Config): ((batch: TracesBatch) => Filtered<TracesBatch>) => {
  const keep = keeps(config);
  return (batch) => {
    const resources = batch.resources.map(lookup);
    const spans = batch.spans.filter(({ name, attributes, resource }) => keep(name, lookup(attributes), resources[resource]!));
    return { batch: { ...batch, spans }, dropped: batch.spans.length - spans.length };
  };
};

/** Log records. */
export const filterRecords = (config: Config): ((batch: LogsBatch) => Filtered<LogsBatch>) => {
  const keep = keeps(config);
  return (batch) => {
    const resources = batch.resources.map(lookup);
    const records = batch.records.filter(({ eventName, attributes, resource }) =>
      keep(eventName, lookup(attributes), resources[resource]!),
    );
    return { batch: { ...batch, records }, dropped: batch.records.length - records.length };
  };
};
