import type { Attributes, HistogramMetric, MetricsBatch } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import { quantile } from './quantile.ts';

/** What one owner did on one export, a second. */
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
}

export interface UsageMeter {
  /** What was done since the snapshot before, the busiest first. Undefined when there is nothing to compare with. */
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
  readonly buckets: Float64Array;
}

interface Counted {
  readonly timeMs: number;
  readonly bounds: readonly number[];
  readonly byKey: ReadonlyMap<string, Counts>;
}

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
        // The first figures of an owner, or of a new count, are of a time nobody knows.
        if (was === undefined || was.startMs !== counts.startMs || counts.operations <= was.operations) continue;
        const { owner, server, path } = counts;
        usages.push({
          owner,
          server,
          path,
          operations: (counts.operations - was.operations) / seconds,
          bytes: (counts.bytes - was.bytes) / seconds,
          p99: quantile(
            0.99,
            now.bounds,
            counts.buckets.map((value, i) => value - was.buckets[i]!),
          ),
        });
      }
      return usages.sort((a, b) => b.operations - a.operations || b.bytes - a.bytes || (a.owner < b.owner ? -1 : 1));
    },
  };
};

const histogram = ({ metrics }: MetricsBatch, name: string): HistogramMetric | undefined => {
  const found = metrics.find((one) => one.name === name);
  return found?.type === 'histogram' ? found : undefined;
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
      byKey.set(key, (counts = { owner, server, path, startMs, operations: 0, bytes: 0, buckets: new Float64Array(bounds.length + 1) }));
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
