import { noFiles, noProcesses, Sources, type Attributes, type NfsBatch, type Operation } from '@nfscope/model';
import { attribute, DURATION_BOUNDS, metric, SIZE_BOUNDS } from '@nfscope/semconv';
import { nfs, place, pod, type Place } from './cluster.ts';
import { inflightOf, totalsOf, type Row } from './columns.ts';

/*
 * An hour of one node, the same each time it is told: three workloads of two servers. One of them is loud from 09:12 to
 * 09:30 and slows down who shares its mount; then an export is made anew below etl; at 09:43 a server stands still for
 * five minutes.
 */

/** Seconds since the Unix epoch: 09:00. */
export const HOUR = Date.UTC(2026, 0, 5, 9) / 1000;
/** Between two batches, in seconds. */
export const STEP = 30;
const MINUTE = 60;
// Rates at the left edge of an hour that ends at 09:47 look back a while.
const FIRST = -20;
const LAST = 60;
const LOUD = { from: 12, to: 30 } as const;
const STILL = { from: 43, to: 48 } as const;
const START_MS = (HOUR + FIRST * MINUTE) * 1000;

const operations: readonly Operation[] = [
  nfs('READ', 0, 'read'),
  nfs('WRITE', 1, 'write'),
  nfs('GETATTR', 2, 'other'),
  nfs('LOOKUP', 3, 'other'),
  nfs('read', 4, 'vfs'),
];
const [READ, WRITE, GETATTR, LOOKUP, VFS_READ] = [0, 1, 2, 3, 4] as const;
const [ENOENT, ESTALE] = [2, 116] as const;

const lake = place(1, 'nas1', '/lake');
const assets = place(2, 'nas2', '/assets');

const web = pod('shop', 'web-5d8f-x7k2p', { [attribute.K8S_DEPLOYMENT_NAME]: 'web', [attribute.K8S_REPLICASET_NAME]: 'web-5d8f' });
const etl = pod('data', 'etl-0', { [attribute.K8S_STATEFULSET_NAME]: 'etl' });
const train = pod('ml', 'train-9qw4z', { [attribute.K8S_JOB_NAME]: 'train' });
const users: readonly (readonly [Attributes, Place])[] = [
  [web, assets],
  [web, lake],
  [etl, lake],
  [train, lake],
  [{ [attribute.NFS_IO_OWNER]: 'system' }, lake],
];
const [WEB_ASSETS, WEB_LAKE, ETL, TRAIN, SYSTEM] = [0, 1, 2, 3, 4] as const;

/** 0 to 1, the same for the same numbers. */
const chance = (a: number, b: number): number => {
  let x = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
};
/** How loud train is: it takes two minutes to get there, and two to stop. */
const loud = (minute: number): number => Math.max(0, Math.min(1, (minute - LOUD.from) / 2, (LOUD.to - minute) / 2));
const isStill = (minute: number): boolean => minute > STILL.from && minute < STILL.to;

interface Stream extends Row {
  /** Operations a second. */
  readonly rate: (minute: number) => number;
  /** In flight while the server stands still. */
  readonly waiting?: number;
}
const KIB = 1024;
const streams: readonly Stream[] = [
  { source: WEB_ASSETS, operation: READ, rate: () => 60, size: 64 * KIB },
  { source: WEB_ASSETS, operation: LOOKUP, rate: () => 45 },
  { source: WEB_ASSETS, operation: LOOKUP, error: ENOENT, rate: () => 8 },
  { source: WEB_ASSETS, operation: GETATTR, rate: () => 120 },
  { source: WEB_LAKE, operation: READ, rate: () => 90, size: 128 * KIB, waiting: 2 },
  { source: WEB_LAKE, operation: GETATTR, rate: () => 70, waiting: 1 },
  { source: ETL, operation: READ, rate: (minute) => 160 - 40 * loud(minute), size: 512 * KIB, waiting: 6 },
  { source: ETL, operation: READ, error: ESTALE, rate: (minute) => (minute > 33 && minute <= 36 ? 14 : 0) },
  { source: ETL, operation: WRITE, rate: (minute) => 110 - 30 * loud(minute), size: 256 * KIB, waiting: 3 },
  { source: ETL, operation: GETATTR, rate: () => 60 },
  { source: TRAIN, operation: READ, rate: (minute) => 25 + 700 * loud(minute), size: 64 * KIB, waiting: 4 },
  { source: TRAIN, operation: GETATTR, rate: (minute) => 20 + 1300 * loud(minute) },
  { source: TRAIN, operation: LOOKUP, rate: (minute) => 5 + 420 * loud(minute) },
  { source: SYSTEM, operation: GETATTR, rate: () => 4 },
  { source: WEB_ASSETS, operation: VFS_READ, rate: () => 400, size: 64 * KIB },
  { source: WEB_LAKE, operation: VFS_READ, rate: () => 150, size: 128 * KIB },
  { source: ETL, operation: VFS_READ, rate: () => 180, size: 512 * KIB },
  { source: TRAIN, operation: VFS_READ, rate: (minute) => 60 + 720 * loud(minute), size: 64 * KIB },
];
const isCall = ({ operation }: Stream): boolean => operation === VFS_READ;
const placeOf = ({ source }: Stream): Place => users[source]![1];

/** Times of an operation, in seconds. */
const queueOf = (stream: Stream, minute: number): number => (placeOf(stream) === lake ? 0.00004 + 0.014 * loud(minute) : 0.00003);
const rttOf = (stream: Stream, minute: number): number => {
  const [idle, busy] = placeOf(stream) === lake ? [0.0012, 0.008] : [0.0006, 0];
  return (idle + busy * loud(minute)) * (stream.size === undefined ? 0.4 : 1);
};
/** How operations differ: times of the mean, and how many of them. */
const spread = [
  [0.45, 0.35],
  [0.8, 0.28],
  [1.2, 0.2],
  [1.9, 0.12],
  [4, 0.045],
  [12, 0.005],
] as const;

type Totals = ReturnType<typeof totalsOf>;

/** What happens in the step that ends at `minute`. */
const pass = ({ call, counted, end }: Totals, minute: number, tick: number): void => {
  for (const [row, stream] of streams.entries()) {
    const asked = stream.rate(minute) * STEP * (0.88 + 0.24 * chance(row, tick));
    const { waiting = 0 } = stream;
    if (isCall(stream)) {
      call(row, Math.round(asked));
    } else if (placeOf(stream) === lake && isStill(minute)) {
      // After a minute without a reply it is sent again, after three the client says that the server does not answer.
      if (Number.isInteger(minute)) counted.retransmits[row]! += waiting;
      if (minute === STILL.to - 2) counted.timeouts[row]! += waiting;
    } else {
      if (minute === STILL.to) end(row, waiting, 0.0001, (STILL.to - STILL.from) * MINUTE);
      for (const [times, share] of spread) {
        const several = Math.round(asked * share);
        if (several > 0) end(row, several, queueOf(stream, minute) * times, rttOf(stream, minute) * times);
      }
    }
  }
};

const inflightAt = (minute: number, tick: number) =>
  inflightOf(
    streams.flatMap((stream, row) => {
      const waits = isStill(minute) && placeOf(stream) === lake;
      const usual = stream.size === undefined || isCall(stream) ? 0 : 1;
      return Array.from({ length: waits ? (stream.waiting ?? 0) : usual }, (_, i) => ({
        ...stream,
        age: waits ? (minute - STILL.from) * MINUTE - 4 * chance(row, i) : rttOf(stream, minute) * chance(row, tick),
      }));
    }),
  );

const mountstatsAt = ({ count }: Totals['counted'], minute: number): NonNullable<NfsBatch['mountstats']> => {
  const both = [lake, assets].map((one) => {
    const rows = streams.flatMap((stream, row) => (placeOf(stream) === one && !isCall(stream) ? [row] : []));
    return { one, counted: rows.reduce((sum, row) => sum + count[row]!, 0) };
  });
  return {
    mounts: both.map(({ one: { client, attributes }, counted }) => ({
      ...{ attributes, info: attributes, client: client.id, parents: [], startMs: START_MS },
      operations: Math.round(counted * 1.0004) + 9000,
      gaps: [
        { reason: 'attached_late', operations: 9000 },
        { reason: 'parent_client', operations: Math.round(counted * 1.0004) - counted },
      ],
    })),
    connections: both.map(({ one, counted }) => ({
      attributes: Object.freeze({ ...one.attributes, [attribute.NFS_TRANSPORT_CONNECTION]: 0 }),
      ...{ startMs: START_MS, binds: 0, badXids: 0, slots: 64, sends: counted, receives: counted, sending: 0, pending: counted },
      connects: one === lake && minute >= STILL.to - 2 ? 3 : 1,
      // Of what train does each operation finds some before it.
      backlog: one === lake ? count[streams.findIndex(({ source, operation }) => source === TRAIN && operation === LOOKUP)]! * 30 : 0,
    })),
  };
};

const podTable = (source: string, value: number) => ({
  metric: metric.K8S_POD_TABLE_SIZE,
  attributes: Object.freeze({ [attribute.NFSCOPE_IDENTITY_SOURCE]: source }),
  ...{ startMs: START_MS, value },
});
const hooks = [
  ['rpc_task_begin', 'raw_tracepoint'],
  ['rpc_task_end', 'raw_tracepoint'],
  ['nfs_initiate_read', 'fentry'],
  ['nfs_file_read', 'fexit'],
  ['nfs_file_write', 'fexit'],
] as const;

/** The batches, each as a receiver would have made it. */
export const hour = (): readonly NfsBatch[] => {
  const sources = new Sources();
  for (const [i, [resource, { client, attributes }]] of users.entries()) {
    sources.add({ id: 100 + i, kind: i === SYSTEM ? 'system' : 'cgroup', path: `/kubepods/${i}` }, client, START_MS);
    sources.change(i, { resource, attributes });
  }
  const totals = totalsOf(streams);
  let lostEvents = 0;
  return Array.from({ length: ((LAST - FIRST) * MINUTE) / STEP + 1 }, (_, tick) => {
    const minute = FIRST + (tick * STEP) / MINUTE;
    if (tick > 0) pass(totals, minute, tick);
    // The ring is full at the worst of it: detail is lost, and no total.
    if (loud(minute) === 1 && chance(99, tick) > 0.6) lostEvents += Math.round(600 * chance(98, tick));
    return {
      timeMs: START_MS + tick * STEP * 1000,
      startMs: START_MS,
      sources,
      changedSources: tick === 0 ? [...users.keys()] : [],
      operations,
      bounds: { duration: DURATION_BOUNDS, size: SIZE_BOUNDS },
      totalsRead: true,
      totals: totals.columns(),
      events: { length: 0 } as NfsBatch['events'],
      processes: noProcesses,
      files: noFiles,
      inflight: inflightAt(minute, tick),
      mountstats: mountstatsAt(totals.counted, minute),
      ownNumbers: [podTable('api', minute < LOUD.from ? 11 : 12), podTable('cri', minute < LOUD.from ? 2 : 3)],
      lost: { events: lostEvents, identities: 0, rows: 0, tasks: 0, missed: 0 },
      programs: hooks.map(([hook, type]) => ({ hook, type, missed: 0, runs: 0, runTime: 0 })),
    };
  });
};

/** When the backend of spans was away, and how much the queue before it holds. */
const AWAY = { from: 33, to: 39 };
export const QUEUE_CAPACITY = 10_000;
const SPANS_A_MINUTE = 1_500;

/** What the agent would have told of itself besides; counters since the first batch. */
interface AgentFigures {
  readonly processor: number;
  readonly memory: number;
  readonly late: number;
  readonly current: number;
  /** Of the queue of spans: those that wait, those that were sent, and attempts made again. */
  readonly waiting: number;
  readonly sent: number;
  readonly retried: number;
}

/** By the second since 09:00. */
export const agentAt = (time: number): AgentFigures => {
  const tick = (time - HOUR) / STEP;
  const minute = (time - HOUR) / MINUTE;
  const awayMinutes = Math.max(0, Math.min(minute, AWAY.to) - AWAY.from);
  // 1 % of a core, and 2 % more while train is loud: the sum over all steps until now.
  const loudMinutes = Math.max(0, Math.min(minute, LOUD.to) - LOUD.from);
  return {
    processor: (minute - FIRST) * MINUTE * 0.01 + loudMinutes * MINUTE * 0.02 + 0.03 * chance(97, tick),
    memory: (86 + 9 * loud(minute) + 2 * chance(96, tick)) * 2 ** 20,
    late: 0.011 + 0.009 * loud(minute) + 0.003 * chance(95, tick),
    current: minute >= 20 && minute < 24 ? 0 : 1,
    waiting: minute < AWAY.to ? awayMinutes * SPANS_A_MINUTE : 0,
    sent: (minute - FIRST - (minute < AWAY.to ? awayMinutes : 0)) * SPANS_A_MINUTE,
    retried: Math.floor(awayMinutes * 2),
  };
};
