import type { Bounds, Exemplars, HistogramPoints, Lost, Metric, MetricsBatch, NumberPoints, Points } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import type { Family, Layout } from './layout.ts';
import type { HistogramColumn, Rows } from './rows.ts';
import type { Page, Supplement } from './supplement.ts';

/** One object for the life of a connector, since exporters group by it. */
export type Scope = MetricsBatch['scope'];

const lostKinds = ['event', 'identity', 'row', 'task', 'run'] as const;

/** The attributes of the points of nfscope.lost. */
export const lostAttributes = lostKinds.map((kind) => Object.freeze({ [attribute.NFSCOPE_LOST_KIND]: kind }));

const lostValues = ({ events, identities, rows, tasks, missed }: Lost): Float64Array =>
  Float64Array.of(events, identities, rows, tasks, missed);

const sumOf = (column: Float64Array, { point, points }: Family): Float64Array => {
  const sums = new Float64Array(points.length);
  for (let row = 0; row < point.length; row++) {
    const place = point[row]!;
    if (place >= 0) sums[place]! += column[row]!;
  }
  return sums;
};

const numbers = (column: Float64Array, family: Family): NumberPoints => ({ ...family.points, value: sumOf(column, family) });

const withBuckets = (
  rows: Rows,
  column: HistogramColumn,
  sum: Float64Array,
  family: Family,
  bounds: readonly number[],
): HistogramPoints => {
  const { point, points } = family;
  const width = bounds.length + 1;
  const values = rows[column];
  const buckets = new Float64Array(points.length * width);
  // The sum of the buckets, not the row's count: le="+Inf" has to equal it even when the kernel was between two increments.
  const count = new Float64Array(points.length);
  for (let row = 0; row < point.length; row++) {
    const place = point[row]!;
    if (place < 0) continue;
    const [to, from] = [place * width, row * rows.buckets];
    for (let bucket = 0; bucket < width; bucket++) {
      const value = values[from + bucket]!;
      buckets[to + bucket]! += value;
      count[place]! += value;
    }
  }
  return { ...points, bounds, buckets, count, sum: sumOf(sum, family) };
};

const noBounds: readonly number[] = Object.freeze([]);

const withoutBuckets = (rows: Rows, sum: Float64Array, family: Family): HistogramPoints => {
  const count = sumOf(rows.count, family);
  return { ...family.points, bounds: noBounds, buckets: count, count, sum: sumOf(sum, family) };
};

const wire = (rows: Rows, family: Family, points: Points): NumberPoints => {
  const value = new Float64Array(points.length);
  value.set(sumOf(rows.sent, family));
  value.set(sumOf(rows.received, family), family.points.length);
  return { ...points, value };
};

const present = (sets: readonly HistogramPoints[]): HistogramPoints[] => sets.filter(({ length }) => length > 0);

/** What a snapshot asks about sources. */
interface AboutSources extends Pick<Page, 'operation' | 'isHeld' | 'isOver'> {
  /** Their operations that became spans, at the points of a family; absent where there are to be no exemplars. */
  readonly exemplars?: (family: Family) => Exemplars;
}

const withExemplars = (points: HistogramPoints, family: Family, of: AboutSources['exemplars']): HistogramPoints => {
  const exemplars = of?.(family);
  return exemplars === undefined || exemplars.size === 0 ? points : { ...points, exemplars };
};

/** All series as they are now; what is handed out never changes. Metrics without a point are left out. */
export const snapshot = (
  rows: Rows,
  layout: Layout,
  bounds: Bounds,
  lost: Lost,
  timeMs: number,
  scope: Scope,
  supplements: readonly Supplement[],
  { exemplars, ...page }: AboutSources,
): MetricsBatch => {
  const { duration, detailed, brief, operation, payload, direct, calls, called } = layout;
  const split = (column: 'rtt' | 'queue', sum: Float64Array): HistogramPoints[] =>
    present([withBuckets(rows, column, sum, detailed, bounds.duration), withoutBuckets(rows, sum, brief)]);
  const durations = withBuckets(rows, 'duration', rows.durationSum, duration, bounds.duration);
  const metrics: Metric[] = [
    { ...metric.IO_DURATION, points: present([withExemplars(durations, duration, exemplars)]) },
    { ...metric.IO_RTT, points: split('rtt', rows.rttSum) },
    { ...metric.IO_QUEUE, points: split('queue', rows.queueSum) },
    { ...metric.IO_SIZE, points: present([withBuckets(rows, 'size', rows.bytes, payload, bounds.size)]) },
    { ...metric.IO_WIRE, points: wire(rows, operation, layout.wire) },
    { ...metric.IO_RETRANSMITS, points: numbers(rows.retransmits, operation) },
    { ...metric.IO_TIMEOUTS, points: numbers(rows.timeouts, operation) },
    { ...metric.IO_DIRECT, points: numbers(rows.bytes, direct) },
    { ...metric.IO_VFS_CALLS, points: numbers(rows.count, calls) },
    { ...metric.IO_VFS_PAYLOAD, points: numbers(rows.bytes, called) },
    { ...metric.LOST, points: { ...layout.lost, value: lostValues(lost) } },
  ];
  const resources = [...layout.resources];
  const indexOf = new Map(resources.map((resource, index) => [resource, index]));
  const resource: Page['resource'] = (wanted) => {
    let index = indexOf.get(wanted);
    if (index === undefined) indexOf.set(wanted, (index = resources.push(wanted) - 1));
    return index;
  };
  for (const supplement of supplements) metrics.push(...supplement.metrics({ ...page, resource, timeMs }));
  return { timeMs, resources, scope, metrics: metrics.filter(({ points }) => points.length > 0) };
};
