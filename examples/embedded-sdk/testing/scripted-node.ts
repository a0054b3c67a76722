import { noFiles, noProcesses, Sources, type EventColumns, type NfsBatch, type Operation } from '@nfscope/model';

const START_MS = 1_700_000_000_000;
const bounds = { duration: [0.001, 0.25, 8], size: [4096, 1048576] };
const buckets = 4;

const operations: readonly Operation[] = [
  { index: 0, name: 'READ', program: 100003, version: 4, kind: 'read' },
  { index: 1, name: 'WRITE', program: 100003, version: 4, kind: 'write' },
  { index: 2, name: 'GETATTR', program: 100003, version: 4, kind: 'other' },
];

/** Source, operation and error of each row. */
const rows = [
  [0, 0, 0],
  [0, 1, 0],
  [0, 2, 0],
  [0, 2, 10008],
  [1, 0, 0],
  [1, 1, 5],
  [2, 2, 0],
] as const;

/** A node with three sources that do more with every batch: row r grows by r + 1 operations, each of 1/8 s and 8192 bytes. */
export const scriptedNode = () => {
  const sources = new Sources();
  const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
  for (const [index, pod] of ['etl-7', 'web-1', undefined].entries()) {
    sources.add({ id: index + 1, kind: pod === undefined ? 'system' : 'cgroup', path: undefined }, client, START_MS);
    sources.change(index, {
      resource: pod === undefined ? {} : { 'k8s.pod.name': pod, 'k8s.namespace.name': 'data' },
      attributes: { 'server.address': 'nas1', 'server.port': 2049 },
    });
  }
  let ticks = 0;
  const count = (row: number): number => ticks * (row + 1);
  const payload = (row: number): boolean => rows[row]![1] !== 2 && rows[row]![2] === 0;
  const column = (value: (row: number) => number): Float64Array => Float64Array.from(rows, (_, row) => value(row));
  const histogram = (bucket: number, has: (row: number) => boolean): Float64Array =>
    Float64Array.from({ length: rows.length * buckets }, (_, i) => {
      const row = Math.floor(i / buckets);
      return i % buckets === bucket && has(row) ? count(row) : 0;
    });

  return {
    batch(): NfsBatch {
      ticks++;
      return {
        timeMs: START_MS + ticks * 1_000,
        startMs: START_MS,
        sources,
        changedSources: [],
        operations,
        bounds,
        totalsRead: true,
        totals: {
          length: rows.length,
          row: Uint32Array.from(rows, (_, row) => row),
          source: Uint32Array.from(rows, ([source]) => source),
          operation: Uint32Array.from(rows, ([, operation]) => operation),
          error: Uint16Array.from(rows, ([, , error]) => error),
          charge: Uint8Array.from(rows, () => 1),
          count: column(count),
          bytes: column((row) => (payload(row) ? count(row) * 8192 : 0)),
          requested: column((row) => count(row) * 8192),
          sent: column((row) => count(row) * 100),
          received: column((row) => count(row) * 200),
          retransmits: column((row) => row * ticks),
          timeouts: column(() => ticks),
          durationSum: column((row) => count(row) / 8),
          rttSum: column((row) => count(row) / 16),
          queueSum: column((row) => count(row) / 32),
          buckets,
          duration: histogram(1, () => true),
          rtt: histogram(1, (row) => rows[row]![1] !== 2),
          queue: histogram(0, (row) => rows[row]![1] !== 2),
          size: histogram(1, payload),
        },
        events: { length: 0 } as EventColumns,
        processes: noProcesses,
        files: noFiles,
        lost: { events: ticks, identities: 0, rows: 0, tasks: 0, missed: 2 * ticks },
      };
    },

    /** What is to be found over all series after the last batch. */
    expected(): Readonly<Record<string, number>> {
      const total = rows.reduce((sum, _, row) => sum + count(row), 0);
      const paid = rows.reduce((sum, _, row) => sum + (payload(row) ? count(row) : 0), 0);
      return {
        'nfs.io.duration_count': total,
        'nfs.io.duration_sum': total / 8,
        'nfs.io.rtt_count': total,
        'nfs.io.queue_sum': total / 32,
        'nfs.io.size_count': paid,
        'nfs.io.size_sum': paid * 8192,
        'nfs.io.wire': total * 300,
        'nfs.io.timeouts': rows.length * ticks,
        'nfscope.lost': 3 * ticks,
      };
    },
  };
};
