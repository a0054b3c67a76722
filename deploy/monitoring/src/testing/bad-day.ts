import { noFiles, noProcesses, Sources, type Attributes, type NfsBatch, type Operation, type RpcClient } from '@nfscope/model';
import { defineReceiver } from '@nfscope/pipeline';
import { attribute, DURATION_BOUNDS, metric, SIZE_BOUNDS } from '@nfscope/semconv';
import { Subject } from 'rxjs';
import { z } from 'zod';

/*
 * A node on which everything goes wrong at once, for it cannot be had of a real one: three pods of one server, one of them
 * loud, slow replies after some good ones, errors, retransmits, an operation that hangs, operations that are missing.
 */

const ESTALE = 116;
const operations: readonly Operation[] = [
  { index: 0, name: 'READ', program: 100003, version: 4, kind: 'read' },
  { index: 1, name: 'WRITE', program: 100003, version: 4, kind: 'write' },
  { index: 2, name: 'GETATTR', program: 100003, version: 4, kind: 'other' },
  { index: 3, name: 'read', program: 100003, version: 4, kind: 'vfs' },
];
const [READ, WRITE, GETATTR, VFS_READ] = [0, 1, 2, 3] as const;

const client: RpcClient = {
  id: 65537,
  program: 100003,
  version: 4,
  parents: [],
  server: { address: '192.0.2.1', port: 2049, transport: 'tcp', name: 'nas1' },
};
const place: Attributes = {
  [attribute.SERVER_ADDRESS]: 'nas1',
  [attribute.SERVER_PORT]: 2049,
  [attribute.NETWORK_TRANSPORT]: 'tcp',
  [attribute.NFS_EXPORT_PATH]: '/lake',
};
const pod = (name: string, owner: Attributes): Attributes => ({
  [attribute.K8S_NAMESPACE_NAME]: 'data',
  [attribute.K8S_POD_NAME]: name,
  [attribute.K8S_POD_UID]: `uid-of-${name}`,
  [attribute.NFS_IO_OWNER]: 'container',
  ...owner,
});
/** The last is a container that nobody can name. */
const owners: readonly Attributes[] = [
  pod('etl-0', { [attribute.K8S_STATEFULSET_NAME]: 'etl' }),
  pod('web-5d8-abc', { [attribute.K8S_DEPLOYMENT_NAME]: 'web', [attribute.K8S_REPLICASET_NAME]: 'web-5d8' }),
  pod('report', {}),
  { [attribute.CONTAINER_ID]: 'f'.repeat(64), [attribute.NFS_IO_OWNER]: 'container' },
];

interface Row {
  readonly source: number;
  readonly operation: number;
  readonly error: number;
  /** Operations a tick, and how long each takes once it is slow, in seconds. */
  readonly rate: number;
  readonly slow: number;
}
const rows: readonly Row[] = [
  { source: 0, operation: GETATTR, error: 0, rate: 9000, slow: 0.001 },
  { source: 0, operation: READ, error: 0, rate: 600, slow: 8 },
  { source: 1, operation: WRITE, error: 0, rate: 300, slow: 8 },
  { source: 2, operation: READ, error: 0, rate: 300, slow: 8 },
  { source: 2, operation: READ, error: ESTALE, rate: 900, slow: 0.001 },
  { source: 3, operation: WRITE, error: 0, rate: 300, slow: 8 },
  { source: 2, operation: VFS_READ, error: 0, rate: 600, slow: 0 },
];
/** Long enough for some samples of a good latency, which the bad one is compared with. */
const GOOD_TICKS = 32;
const TICK_MS = 250;
const FAST_S = 0.002;
const OPERATION_BYTES = 4096;

const column = (of: (row: Row, i: number) => number): Float64Array => Float64Array.from(rows, of);

/** What `tick` ticks after the start is true. */
const batchAt = (tick: number, startMs: number, sources: Sources): NfsBatch => {
  const timeMs = startMs + tick * TICK_MS;
  const good = Math.min(tick, GOOD_TICKS);
  const bad = tick - good;
  const isVfs = ({ operation }: Row): boolean => operation === VFS_READ;
  const time = (row: Row): number => (isVfs(row) ? 0 : row.rate * (good * FAST_S + bad * row.slow));
  const buckets = DURATION_BOUNDS.length + 1;
  const histogram = (bounds: readonly number[], of: (row: Row) => readonly (readonly [value: number, times: number])[]): Float64Array => {
    const found = new Float64Array(rows.length * buckets);
    for (const [i, row] of rows.entries())
      for (const [value, times] of isVfs(row) ? [] : of(row)) {
        const at = bounds.findIndex((bound) => value <= bound);
        found[i * buckets + (at < 0 ? bounds.length : at)]! += times;
      }
    return found;
  };
  const times = (row: Row) => [[FAST_S, row.rate * good] as const, [row.slow, row.rate * bad] as const];
  const moved = (row: Row): number => (row.error === 0 && row.operation !== GETATTR ? row.rate * tick * OPERATION_BYTES : 0);
  const attributes = Object.freeze({ ...place, [attribute.ONC_RPC_VERSION]: '4' });
  return {
    timeMs,
    startMs,
    sources,
    changedSources: tick === 0 ? owners.map((_, i) => i) : [],
    operations,
    bounds: { duration: DURATION_BOUNDS, size: SIZE_BOUNDS },
    totalsRead: true,
    totals: {
      length: rows.length,
      row: Uint32Array.from(rows.keys()),
      source: Uint32Array.from(rows, ({ source }) => source),
      operation: Uint32Array.from(rows, ({ operation }) => operation),
      error: Uint16Array.from(rows, ({ error }) => error),
      charge: new Uint8Array(rows.length).fill(1),
      count: column(({ rate }) => rate * tick),
      bytes: column(moved),
      requested: column(moved),
      sent: column(({ rate }) => rate * tick * 200),
      received: column(({ rate }) => rate * tick * 200),
      retransmits: column((row) => (isVfs(row) ? 0 : row.rate * tick * 0.05)),
      timeouts: column((row) => (row.operation === READ ? tick : 0)),
      durationSum: column(time),
      rttSum: column(time),
      queueSum: column((row) => time(row) / 4),
      buckets,
      duration: histogram(DURATION_BOUNDS, times),
      rtt: histogram(DURATION_BOUNDS, times),
      queue: histogram(DURATION_BOUNDS, times),
      size: histogram(SIZE_BOUNDS, (row) => (moved(row) > 0 ? [[OPERATION_BYTES, row.rate * tick]] : [])),
    },
    events: { length: 0 } as NfsBatch['events'],
    processes: noProcesses,
    files: noFiles,
    inflight: {
      length: 1,
      source: Uint32Array.of(0),
      operation: Uint32Array.of(READ),
      charge: Uint8Array.of(3),
      age: Float64Array.of(90 + (tick * TICK_MS) / 1000),
      bytes: Uint32Array.of(OPERATION_BYTES),
      file: Float64Array.of(7),
      offset: Float64Array.of(0),
      owner: Uint32Array.of(4711),
      transmissions: Uint16Array.of(3),
      timeouts: Uint16Array.of(1),
    },
    mountstats: {
      mounts: [
        {
          attributes,
          info: attributes,
          client: client.id,
          parents: [],
          startMs,
          operations: 1000 * (tick + 1),
          gaps: [
            { reason: 'attached_late', operations: 100 * (tick + 1) },
            { reason: 'missed_runs', operation: 'READ', operations: 100 * (tick + 1) },
          ],
        },
      ],
      connections: [
        {
          attributes: Object.freeze({ ...place, [attribute.NFS_TRANSPORT_CONNECTION]: 0 }),
          startMs,
          binds: 0,
          connects: 1 + tick,
          sends: 1000 * tick,
          receives: 1000 * tick,
          badXids: tick,
          slots: 65,
          backlog: 5000 * tick,
          sending: tick,
          pending: 1000 * tick,
        },
      ],
    },
    ownNumbers: [
      { metric: metric.K8S_POD_TABLE_SIZE, attributes: Object.freeze({ [attribute.NFSCOPE_IDENTITY_SOURCE]: 'api' }), startMs, value: 3 },
    ],
    lost: { events: 10 * tick, identities: 0, rows: 0, tasks: 0, missed: 100 * tick },
    programs: [{ hook: 'rpc_task_end', type: 'raw_tracepoint', missed: 100 * tick, runs: 0, runTime: 0 }],
  };
};

/** The receiver `bad_day`. */
export const badDay = defineReceiver({
  type: 'bad_day',
  description: 'A node on which everything goes wrong at once.',
  config: z.strictObject({}),
  signals: {
    nfs: {
      stability: 'development',
      create: () => {
        const output = new Subject<NfsBatch>();
        let timer: NodeJS.Timeout | undefined;
        return {
          output,
          start: async () => {
            const startMs = Date.now();
            const sources = new Sources();
            for (const [i, resource] of owners.entries()) {
              sources.add({ id: 100 + i, kind: 'cgroup', path: `/kubepods/pod${i}` }, client, startMs);
              sources.change(i, { resource, attributes: place });
            }
            let tick = 0;
            timer = setInterval(() => output.next(batchAt(tick++, startMs, sources)), TICK_MS);
          },
          shutdown: async () => {
            clearInterval(timer);
            output.complete();
          },
        };
      },
    },
  },
});
