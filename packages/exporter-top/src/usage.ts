import type { Attributes, HistogramMetric, MetricsBatch, NumberPoints } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import { quantile } from './quantile.ts';

/** What one owner did on one export, a second, and what it waits for. */
export interface Usage {
  /** `namespace/pod`, a container, the path of a cgroup, or who else pays. */
  readonly owner: string;
  readonly server: string;
  /** Empty for what belongs to the server as a whole. */
  readonly path: string;
  readonly operations: number;
  /** Payload read and written. */
  readonly bytes: number;
  /** Seconds that 99 of 100 operations took at most; Infinity beyond the last bucket, undefined when there were none. */
  readonly p99: number | undefined;
  /** Operations in flight. */
  readonly inflight: number;
  /** Seconds since the oldest of them began. */
  readonly oldest: number;
}

/** Compares each snapshot with the one before. */
export interface UsageMeter {
  /** What was done since the snapshot before, and is in flight: what is stuck comes first, then the busiest. Undefined when there is nothing to compare with. */
  next(batch: MetricsBatch): readonly Usage[] | undefined;
}

interface Counts {
  readonly owner: string;
  readonly server: string;
  readonly path: string;
  /** When the counts began: another one is another count. */
  startMs: number;
  operations: number;
  bytes: number;
  inflight: number;
  oldest: number;
  readonly buckets: Float64Array;
}

interface Counted {
  readonly timeMs: number;
  readonly bounds: readonly number[];
  readonly byKey: ReadonlyMap<string, Counts>;
}

/** Seconds after which an operation in flight is called stuck: ten times the slowest reply of a NAS that is well. */
const STUCK = 5;

/** Takes rates from the snapshots of one connector. */
export const usageMeter = (): UsageMeter => {
  let before: Counted | undefined;
  return {
    next(batch) {
      const [earlier, now] = [before, count(batch)];
      before = now;
      const seconds = (now.timeMs - (earlier?.timeMs ?? 0)) / 1000;
      if (earlier === undefined || seconds <= 0 || earlier.bounds.join() !== now.bounds.join()) return undefined;
      const usages: Usage[] = [];
      for (const [key, counts] of now.byKey) {
        const was = earlier.byKey.get(key);
        const { owner, server, path, inflight, oldest } = counts;
        // The first figures of an owner, or of a new count, are of a time nobody knows.
        const moved = was !== undefined && was.startMs === counts.startMs && counts.operations > was.operations;
        if (!moved && inflight === 0) continue;
        const rate = (of: 'operations' | 'bytes'): number => (moved ? (counts[of] - was[of]) / seconds : 0);
        const buckets = counts.buckets.map((value, i) => (moved ? value - was.buckets[i]! : 0));
        const p99 = quantile(0.99, now.bounds, buckets);
        usages.push({ owner, server, path, operations: rate('operations'), bytes: rate('bytes'), p99, inflight, oldest });
      }
      const stuck = ({ oldest }: Usage): number => (oldest >= STUCK ? oldest : 0);
      return usages.sort((a, b) => stuck(b) - stuck(a) || b.operations - a.operations || b.bytes - a.bytes || (a.owner < b.owner ? -1 : 1));
    },
  };
};

const histogram = ({ metrics }: MetricsBatch, name: string): HistogramMetric | undefined => {
  const found = metrics.find((one) => one.name === name);
  return found?.type === 'histogram' ? found : undefined;
};

const gauge = ({ metrics }: MetricsBatch, name: string): NumberPoints | undefined => {
  const found = metrics.find((one) => one.name === name);
  return found?.type === 'gauge' ? found.points : undefined;
};

const count = (batch: MetricsBatch): Counted => {
  const byKey = new Map<string, Counts>();
  const duration = histogram(batch, metric.IO_DURATION.name);
  const bounds = duration?.points[0]?.bounds ?? [];
  const countsOf = (resource: Attributes, attributes: Attributes, startMs: number): Counts => {
    const [owner, server, path] = [
      ownerOf(resource),
      text(attributes, attribute.SERVER_ADDRESS),
      text(attributes, attribute.NFS_EXPORT_PATH),
    ];
    const key = JSON.stringify([owner, server, path]);
    let counts = byKey.get(key);
    if (counts === undefined) {
      const buckets = new Float64Array(bounds.length + 1);
      byKey.set(key, (counts = { owner, server, path, startMs, operations: 0, bytes: 0, inflight: 0, oldest: 0, buckets }));
    }
    return counts;
  };
  for (const points of duration?.points ?? []) {
    const width = points.bounds.length + 1;
    for (let i = 0; i < points.length; i++) {
      const counts = countsOf(batch.resources[points.resource[i]!]!, points.attributes[i]!, points.startMs[i]!);
      counts.operations += points.count[i]!;
      for (let bucket = 0; bucket < counts.buckets.length; bucket++) counts.buckets[bucket]! += points.buckets[i * width + bucket]!;
    }
  }
  for (const points of histogram(batch, metric.IO_SIZE.name)?.points ?? []) {
    for (let i = 0; i < points.length; i++) {
      countsOf(batch.resources[points.resource[i]!]!, points.attributes[i]!, points.startMs[i]!).bytes += points.sum[i]!;
    }
  }
  const each = (points: NumberPoints | undefined, take: (counts: Counts, value: number) => void): void => {
    if (points === undefined) return;
    for (let i = 0; i < points.length; i++)
      take(countsOf(batch.resources[points.resource[i]!]!, points.attributes[i]!, points.startMs[i]!), points.value[i]!);
  };
  each(gauge(batch, metric.IO_INFLIGHT.name), (counts, value) => (counts.inflight += value));
  each(gauge(batch, metric.IO_INFLIGHT_AGE.name), (counts, value) => (counts.oldest = Math.max(counts.oldest, value)));
  return { timeMs: batch.timeMs, bounds, byKey };
};

const text = (attributes: Attributes, name: string): string => String(attributes[name] ?? '');

/** Of a container's id, as container runtimes show it. */
const SHORT_ID = 12;

const ownerOf = (resource: Attributes): string => {
  const pod = text(resource, attribute.K8S_POD_NAME);
  if (pod !== '') return `${text(resource, attribute.K8S_NAMESPACE_NAME)}/${pod}`;
  return (
    text(resource, attribute.CONTAINER_ID).slice(0, SHORT_ID) ||
    text(resource, attribute.PROCESS_LINUX_CGROUP) ||
    `(${text(resource, attribute.NFS_IO_OWNER) || 'unknown'})`
  );
};
