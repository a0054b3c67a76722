import { noFiles, noProcesses, Sources, type Attributes, type NfsBatch, type Operation, type TotalsColumns } from '@nfscope/model';
import { defineReceiver } from '@nfscope/pipeline';
import { attribute, DURATION_BOUNDS, metric, SIZE_BOUNDS } from '@nfscope/semconv';
import { Subject } from 'rxjs';
import * as z from 'zod';
import { nfs, place, pod } from './cluster.ts';
import { inflightOf, totalsOf, type Row } from './columns.ts';

/*
 * A node on which everything goes wrong at once, for it cannot be had of a real one: three pods of one server, one of them
 * loud, slow replies after some good ones, errors, retransmits, an operation that hangs, operations that are missing.
 */

const ESTALE = 116;
const operations: readonly Operation[] = [
  nfs('READ', 0, 'read'),
  nfs('WRITE', 1, 'write'),
  nfs('GETATTR', 2, 'other'),
  nfs('read', 3, 'vfs'),
];
const [READ, WRITE, GETATTR, VFS_READ] = [0, 1, 2, 3] as const;

const { client, attributes: lake } = place(1, 'nas1', '/lake');
/** The last is a container that nobody can name. */
const owners: readonly Attributes[] = [
  pod('data', 'etl-0', { [attribute.K8S_STATEFULSET_NAME]: 'etl' }),
  pod('data', 'web-5d8-abc', { [attribute.K8S_DEPLOYMENT_NAME]: 'web', [attribute.K8S_REPLICASET_NAME]: 'web-5d8' }),
  pod('data', 'report', {}),
  { [attribute.CONTAINER_ID]: 'f'.repeat(64), [attribute.NFS_IO_OWNER]: 'container' },
];

const size = 4096;
interface Stream extends Row {
  /** Operations a tick, and how long the server takes for each once it is slow, in seconds. */
  readonly rate: number;
  readonly slow: number;
}
const streams: readonly Stream[] = [
  { source: 0, operation: GETATTR, rate: 9000, slow: 0.001 },
  { source: 0, operation: READ, size, rate: 600, slow: 8 },
  { source: 1, operation: WRITE, size, rate: 300, slow: 8 },
  { source: 2, operation: READ, size, rate: 300, slow: 8 },
  { source: 2, operation: READ, error: ESTALE, rate: 900, slow: 0.001 },
  { source: 3, operation: WRITE, size, rate: 300, slow: 8 },
  { source: 2, operation: VFS_READ, size, rate: 600, slow: 0 },
];
const TICK_MS = 250;
const FAST_S = 0.002;

/** What happens in a tick. */
const pass = ({ call, counted, end }: ReturnType<typeof totalsOf>, isBad: boolean): void => {
  for (const [row, { operation, rate, slow }] of streams.entries()) {
    if (operation === VFS_READ) {
      call(row, rate);
      continue;
    }
    const time = isBad ? slow : FAST_S;
    end(row, rate, time / 4, time);
    counted.retransmits[row]! += rate * 0.05;
    if (operation === READ) counted.timeouts[row]! += 1;
  }
};

/** What is true when `tick` of them have passed. */
const batchAt = (tick: number, startMs: number, sources: Sources, totals: TotalsColumns): NfsBatch => {
  const timeMs = startMs + tick * TICK_MS;
  const attributes = Object.freeze({ ...lake, [attribute.ONC_RPC_VERSION]: '4' });
  return {
    timeMs,
    startMs,
    sources,
    changedSources: tick === 0 ? owners.map((_, i) => i) : [],
    operations,
    bounds: { duration: DURATION_BOUNDS, size: SIZE_BOUNDS },
    totalsRead: true,
    totals,
    events: { length: 0 } as NfsBatch['events'],
    processes: noProcesses,
    files: noFiles,
    inflight: inflightOf([{ source: 0, operation: READ, size, age: 90 + (tick * TICK_MS) / 1000 }]),
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
          attributes: Object.freeze({ ...lake, [attribute.NFS_TRANSPORT_CONNECTION]: 0 }),
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

/** The receiver `bad_day`: replies are slow from `slow` on, for a bad latency is compared with a good one. */
export const badDay = (slow: AbortSignal) =>
  defineReceiver({
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
                sources.change(i, { resource, attributes: lake });
              }
              const totals = totalsOf(streams);
              let tick = 0;
              timer = setInterval(() => {
                if (tick > 0) pass(totals, slow.aborted);
                output.next(batchAt(tick++, startMs, sources, totals.columns()));
              }, TICK_MS);
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
