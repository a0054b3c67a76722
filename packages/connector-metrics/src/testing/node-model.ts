import {
  noFiles,
  noProcesses,
  Sources,
  type Attributes,
  type Bounds,
  type Lost,
  type MetricsBatch,
  type NfsBatch,
  type Operation,
  type RpcClient,
} from '@nfscope/model';
import { config } from '../config.ts';

/** The configuration where nothing is set. */
export const defaults = config.parse({});

/** A row of totals as one object. Sums are multiples of 1/8, so that adding them up is exact in any order. */
export interface RowModel {
  readonly row: number;
  readonly source: number;
  readonly operation: Operation;
  readonly error: number;
  readonly charge: number;
  changed: boolean;
  count: number;
  bytes: number;
  sent: number;
  received: number;
  retransmits: number;
  timeouts: number;
  durationSum: number;
  rttSum: number;
  queueSum: number;
  readonly duration: number[];
  readonly rtt: number[];
  readonly queue: number[];
  readonly size: number[];
}

export const operations: readonly Operation[] = [
  { index: 0, name: 'READ', program: 100003, version: 3, kind: 'read' },
  { index: 1, name: 'WRITE', program: 100003, version: 4, kind: 'write' },
  { index: 2, name: 'COMMIT', program: 100003, version: 4, kind: 'commit' },
  { index: 3, name: 'GETATTR', program: 100003, version: 3, kind: 'other' },
  { index: 4, name: 'GETATTR', program: 100003, version: 4, kind: 'other' },
  { index: 5, name: 'READ', program: 100003, version: 3, kind: 'read', direct: true },
  { index: 6, name: 'read', program: 100003, version: 3, kind: 'vfs' },
];

export const bounds: Bounds = { duration: [0.25, 1, 8], size: [4096] };
const buckets = 4;

export const client: RpcClient = { id: 1, program: 100003, version: 4, parents: [], server: undefined };

/** A node whose rows and sources a test writes down; `batch` has the rows that changed since the batch before. */
export interface NodeModel {
  startMs: number;
  lost: Lost;
  readonly sources: Sources;
  readonly rows: RowModel[];
  row(row: number, source: number, operation: number, error?: number, charge?: number): RowModel;
  /** `times` operations, each of 2 s, of which 1 s in the queue, and of 8192 bytes. */
  count(row: RowModel, times?: number): void;
  batch(timeMs: number): NfsBatch;
}

export const nodeModel = (startMs: number): NodeModel => {
  const sources = new Sources();
  const rows: RowModel[] = [];
  return {
    startMs,
    lost: { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 },
    sources,
    rows,
    row(row, source, operation, error = 0, charge = 1) {
      const empty = () => new Array<number>(buckets).fill(0);
      const numbers = { count: 0, bytes: 0, sent: 0, received: 0, retransmits: 0, timeouts: 0, durationSum: 0, rttSum: 0, queueSum: 0 };
      const histograms = { duration: empty(), rtt: empty(), queue: empty(), size: empty() };
      const made = { row, source, operation: operations[operation]!, error, charge, changed: true, ...numbers, ...histograms };
      rows.push(made);
      return made;
    },
    count(row, times = 1) {
      const { kind } = row.operation;
      row.changed = true;
      row.count += times;
      row.sent += 100 * times;
      row.received += 200 * times;
      row.durationSum += 2 * times;
      row.queueSum += times;
      row.rttSum += times;
      row.duration[2]! += times;
      if (kind === 'other') return;
      row.rtt[1]! += times;
      row.queue[1]! += times;
      if (kind === 'commit' || row.error !== 0) return;
      row.bytes += 8192 * times;
      row.size[1]! += times;
    },
    batch(timeMs) {
      const changed = rows.filter((row) => row.changed);
      for (const row of changed) row.changed = false;
      const column = (of: (row: RowModel) => number) => Float64Array.from(changed, of);
      const histogram = (of: (row: RowModel) => number[]) => Float64Array.from(changed.flatMap(of));
      return {
        timeMs,
        startMs: this.startMs,
        sources,
        changedSources: [],
        operations,
        bounds,
        totalsRead: true,
        totals: {
          length: changed.length,
          row: Uint32Array.from(changed, ({ row }) => row),
          source: Uint32Array.from(changed, ({ source }) => source),
          operation: Uint32Array.from(changed, ({ operation }) => operation.index),
          error: Uint16Array.from(changed, ({ error }) => error),
          charge: Uint8Array.from(changed, ({ charge }) => charge),
          count: column(({ count }) => count),
          bytes: column(({ bytes }) => bytes),
          requested: column(({ bytes }) => bytes),
          sent: column(({ sent }) => sent),
          received: column(({ received }) => received),
          retransmits: column(({ retransmits }) => retransmits),
          timeouts: column(({ timeouts }) => timeouts),
          durationSum: column(({ durationSum }) => durationSum),
          rttSum: column(({ rttSum }) => rttSum),
          queueSum: column(({ queueSum }) => queueSum),
          buckets,
          duration: histogram(({ duration }) => duration),
          rtt: histogram(({ rtt }) => rtt),
          queue: histogram(({ queue }) => queue),
          size: histogram(({ size }) => size),
        },
        events: { length: 0 } as NfsBatch['events'],
        processes: noProcesses,
        files: noFiles,
        lost: this.lost,
      };
    },
  };
};

/** A source first seen at the start; `waiting`: a processor may still name it. */
export const addSource = (node: NodeModel, resource: Attributes, attributes: Attributes, waiting = false): number => {
  const { index } = node.sources.add({ id: node.sources.length + 1, kind: 'cgroup', path: undefined }, client, node.startMs);
  node.sources.change(index, { resource, attributes, ...(waiting ? { waiting: ['k8s_attributes', true] as const } : {}) });
  return index;
};

const sorted = (value: object): object => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Names a series whatever the order of its attributes. */
export const seriesName = (metric: string, resource: object, attributes: object): string =>
  `${metric} ${JSON.stringify(sorted(resource))} ${JSON.stringify(sorted(attributes))}`;

/** Value of each series by its name; throws when a series is there twice. */
export const readings = ({ metrics, resources }: MetricsBatch): Record<string, unknown> => {
  const found: Record<string, unknown> = {};
  const enter = (name: string, value: unknown): void => {
    if (name in found) throw new Error(`twice: ${name}`);
    found[name] = value;
  };
  for (const metric of metrics) {
    for (const points of metric.type === 'histogram' ? metric.points : [metric.points]) {
      for (let i = 0; i < points.length; i++) {
        const name = seriesName(metric.name, resources[points.resource[i]!]!, points.attributes[i]!);
        const start = points.startMs[i]!;
        if ('value' in points) {
          enter(name, { start, value: points.value[i] });
        } else {
          const width = points.bounds.length + 1;
          const own = [...points.buckets.subarray(i * width, (i + 1) * width)];
          enter(name, { start, bounds: points.bounds, buckets: own, count: points.count[i], sum: points.sum[i] });
        }
      }
    }
  }
  return found;
};
