import type { Files, Processes } from './processes.ts';
import type { Mountstats } from './mountstats.ts';
import type { OwnNumber } from './own-number.ts';
import type { Sources, Superblock } from './sources.ts';

/** An operation by its protocol's name: READ of NFSv3 and READ of NFSv4 are two. */
export interface Operation {
  /** Dense, from 0, never reused. */
  readonly index: number;
  /** Protocol name, upper case: READ, GETATTR, EXCHANGE_ID. Of a call of an application (kind vfs) read, write, splice, fault or write_fault. */
  readonly name: string;
  /** ONC RPC program number; 100003 is NFS. */
  readonly program: number;
  readonly version: number;
  /** vfs: no operation at all, but what applications asked of the page cache; its rows have only count and bytes. */
  readonly kind: 'read' | 'write' | 'commit' | 'other' | 'vfs';
  /** Reads and writes past the page cache (O_DIRECT). They are operations of their own, under the same name. */
  readonly direct?: true;
}

/** Upper bounds of histogram buckets, inclusive and ascending; one bucket more than bounds. */
export interface Bounds {
  /** Seconds: duration, rtt and queue. */
  readonly duration: readonly number[];
  /** Bytes. */
  readonly size: readonly number[];
}

/**
 * Rows of totals that changed since the batch before: cumulative since `startMs`, never deltas.
 * One (source, operation, error, charge) is one row for ever. Times are seconds, sizes are bytes.
 */
export interface TotalsColumns {
  readonly length: number;
  /** Row number in the kernel's table: dense, stable. */
  readonly row: Uint32Array;
  /** Index into `sources`. */
  readonly source: Uint32Array;
  /** Index into `operations`. */
  readonly operation: Uint32Array;
  /** 0, errno or NFS4ERR_* number. */
  readonly error: Uint16Array;
  /** enum nfs_charge. */
  readonly charge: Uint8Array;
  readonly count: Float64Array;
  readonly bytes: Float64Array;
  readonly requested: Float64Array;
  readonly sent: Float64Array;
  readonly received: Float64Array;
  readonly retransmits: Float64Array;
  readonly timeouts: Float64Array;
  readonly durationSum: Float64Array;
  readonly rttSum: Float64Array;
  readonly queueSum: Float64Array;
  /** Buckets a row; row i starts at i * buckets. */
  readonly buckets: number;
  readonly duration: Float64Array;
  /** Zero unless the operation is a read, write or commit; so are `queue` and `size`. */
  readonly rtt: Float64Array;
  readonly queue: Float64Array;
  readonly size: Float64Array;
}

/** Single operations, as far as the receiver was asked for them. Detail: they are in the totals already. */
export interface EventColumns {
  readonly length: number;
  readonly source: Uint32Array;
  readonly operation: Uint32Array;
  readonly error: Uint16Array;
  /** End of the operation, milliseconds since the Unix epoch. */
  readonly timeMs: Float64Array;
  /** The same on CLOCK_MONOTONIC, nanoseconds. */
  readonly endNs: Float64Array;
  /** Seconds. */
  readonly duration: Float64Array;
  readonly rtt: Float64Array;
  readonly queue: Float64Array;
  /** Fileid of what it is about, of the folder for an operation on a name in one; 0 when nobody can tell. */
  readonly file: Float64Array;
  readonly offset: Float64Array;
  readonly status: Int32Array;
  readonly bytes: Uint32Array;
  readonly requested: Uint32Array;
  readonly sent: Uint32Array;
  readonly received: Uint32Array;
  /** tgid that submitted it; `processOf` says who that was. */
  readonly owner: Uint32Array;
  /** Of whose rights it was sent with. */
  readonly uid: Uint32Array;
  readonly xid: Uint32Array;
  readonly transmissions: Uint16Array;
  readonly timeouts: Uint16Array;
}

/** Operations in flight at one moment, a row each, in no order. No total counts them: they count when they end. */
export interface InflightColumns {
  readonly length: number;
  readonly source: Uint32Array;
  readonly operation: Uint32Array;
  /** enum nfs_charge, as if it ended now. */
  readonly charge: Uint8Array;
  /** Seconds since this attempt began. */
  readonly age: Float64Array;
  /** Payload that a READ or a WRITE asks for. */
  readonly bytes: Uint32Array;
  /** File id and offset; 0 when the operation is not READ, WRITE or COMMIT. */
  readonly file: Float64Array;
  readonly offset: Float64Array;
  /** Process that sent it. */
  readonly owner: Uint32Array;
  readonly transmissions: Uint16Array;
  readonly timeouts: Uint16Array;
}

/** What the kernel could not record, cumulative since `startMs`. No total is ever missing because of the first two. */
export interface Lost {
  /** Events that found no room in the ring. */
  readonly events: number;
  /** Identity records that found no room. */
  readonly identities: number;
  /** Operations counted without their owner because the table of totals was full. */
  readonly rows: number;
  /** Operations in flight beyond those that a walk has room for, at each walk. */
  readonly tasks: number;
  /** Runs of a program that the kernel skipped. */
  readonly missed: number;
}

/** A place in the kernel where the receiver's programs are called. */
export interface ProgramState {
  readonly hook: string;
  /** How it is attached: raw_tracepoint, kprobe.multi, kprobe, fexit or fentry; undefined while it is not. */
  readonly type: string | undefined;
  /** Runs the kernel skipped, cumulative. */
  readonly missed: number;
  /** Runs, and the seconds they took, cumulative; zero unless the kernel counts them (kernel.bpf_stats_enabled). */
  readonly runs: number;
  readonly runTime: number;
}

/** One tick of a receiver. Whoever gets it may keep it: no array is reused. */
export interface NfsBatch {
  readonly timeMs: number;
  /** When the totals began to count. */
  readonly startMs: number;
  readonly sources: Sources;
  /** Indexes of sources that are new or whose cgroup or client became known since the batch before. */
  readonly changedSources: readonly number[];
  readonly operations: readonly Operation[];
  readonly bounds: Bounds;
  /** Whether the table of totals was read for this batch; when it was not, no row in `totals` does not mean that none changed. */
  readonly totalsRead: boolean;
  readonly totals: TotalsColumns;
  readonly events: EventColumns;
  readonly processes: Processes;
  readonly files: Files;
  /** All that is in flight, when it was looked for: what is not there is not in flight. Absent, nothing is known. */
  readonly inflight?: InflightColumns;
  /** All NFS superblocks of the node, when they were walked for this batch. */
  readonly superblocks?: readonly Superblock[];
  /** The kernel's own accounts of the node's mounts, when a processor compared them with the totals for this batch. */
  readonly mountstats?: Mountstats;
  /** What processors tell of themselves, all of it, when one does. */
  readonly ownNumbers?: readonly OwnNumber[];
  readonly lost: Lost;
  /** In batches that look at totals; absent in a replay. */
  readonly programs?: readonly ProgramState[];
}
