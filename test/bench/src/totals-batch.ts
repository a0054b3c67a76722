import { noFiles, noProcesses, Sources, type NfsBatch, type Operation } from '@nfscope/model';
import { DURATION_BOUNDS, SIZE_BOUNDS } from '@nfscope/semconv';
import { OPERATIONS, pointAttributesOf, resourceOf } from './attribute-sets.ts';

const BUCKETS = DURATION_BOUNDS.length + 1;

/** Batches as a receiver makes them of that many rows of totals, all of which change between two batches. */
export const totalsBatches = (rows: number): (() => NfsBatch) => {
  const sources = new Sources();
  const startMs = Date.now();
  const operations: Operation[] = Array.from({ length: OPERATIONS }, (_, index) => ({
    index,
    name: `OPERATION${index}`,
    program: 100003,
    version: 4,
    kind: (['read', 'write', 'commit'] as const)[index] ?? 'other',
  }));
  const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
  for (let pod = 0; pod * OPERATIONS < rows; pod++) {
    const { index } = sources.add({ id: pod + 1, kind: 'cgroup', path: `/kubepods/pod${pod}` }, client, startMs);
    sources.change(index, { resource: resourceOf(pod), attributes: pointAttributesOf(pod, 0) });
  }
  let tick = 0;
  return () => {
    tick++;
    const column = (scale: number): Float64Array => Float64Array.from({ length: rows }, (_, row) => tick * scale * (row + 1));
    const histogram = (): Float64Array => new Float64Array(rows * BUCKETS).fill(tick);
    return {
      timeMs: Date.now(),
      startMs,
      sources,
      changedSources: tick === 1 ? sources.all().map(({ index }) => index) : [],
      operations,
      bounds: { duration: DURATION_BOUNDS, size: SIZE_BOUNDS },
      totalsRead: true,
      totals: {
        length: rows,
        row: Uint32Array.from({ length: rows }, (_, row) => row),
        source: Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / OPERATIONS)),
        operation: Uint32Array.from({ length: rows }, (_, row) => row % OPERATIONS),
        error: new Uint16Array(rows),
        charge: new Uint8Array(rows).fill(1),
        count: column(BUCKETS),
        bytes: column(65536),
        requested: column(65536),
        sent: column(200),
        received: column(300),
        retransmits: column(0),
        timeouts: column(0),
        durationSum: column(0.01),
        rttSum: column(0.005),
        queueSum: column(0.001),
        buckets: BUCKETS,
        duration: histogram(),
        rtt: histogram(),
        queue: histogram(),
        size: histogram(),
      },
      events: noEvents,
      processes: noProcesses,
      files: noFiles,
      lost: { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 },
    };
  };
};

const none = { u16: new Uint16Array(0), u32: new Uint32Array(0), s32: new Int32Array(0), f64: new Float64Array(0) };

const noEvents: NfsBatch['events'] = {
  length: 0,
  source: none.u32,
  operation: none.u32,
  error: none.u16,
  timeMs: none.f64,
  endNs: none.f64,
  duration: none.f64,
  rtt: none.f64,
  queue: none.f64,
  file: none.f64,
  offset: none.f64,
  status: none.s32,
  bytes: none.u32,
  requested: none.u32,
  sent: none.u32,
  received: none.u32,
  owner: none.u32,
  uid: none.u32,
  xid: none.u32,
  transmissions: none.u16,
  timeouts: none.u16,
};
