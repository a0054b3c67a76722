import { layoutHash, type Lost } from '@nfscope/model';
import type { ColumnList } from './columns.ts';
import { eventColumns, type KernelEvents } from './events.ts';
import type { Due } from './reader.ts';
import { convertIdentities, convertRows, type Structures } from './recorded-layout.ts';
import { totalsColumns, type KernelRows } from './totals.ts';

/** What the kernel side answered in one tick, and what was seen beside it. What nobody asked for, or had not changed, is absent. */
export interface Tick {
  /** Since the Unix epoch, and on CLOCK_MONOTONIC. */
  readonly ms: number;
  readonly monotonicMs: number;
  readonly due: Due;
  readonly events?: KernelEvents;
  readonly totals?: KernelRows;
  readonly identities?: Uint8Array;
  readonly superblocks?: Uint8Array;
  readonly mountPoints?: Uint8Array;
  readonly tasks?: Uint8Array;
  readonly lost?: Lost;
  /** Lines of mountinfo, Latin-1. */
  readonly mounts?: string;
  /** A PodList as JSON. */
  readonly pods?: string;
}

/** How the file that a tick comes from lays out what is in it. */
export interface TickLayout {
  readonly layout: string;
  readonly totals: ColumnList;
  readonly events: ColumnList;
  readonly records: Structures;
}

const section = { events: 1, totals: 2, identities: 3, superblocks: 4, lost: 5, mounts: 6, pods: 7, tasks: 8, mountPoints: 9 } as const;
const due = { totals: 1, walk: 2 } as const;
/** u32 bytes that follow, u32 what was due, f64 ms, f64 monotonic ms. */
const HEAD = 24;
/** u32 which, u32 rows, u32 bytes that follow. */
const SECTION_HEAD = 12;

/** A tick as bytes, little endian, behind the number of them. */
export function encodeTick(tick: Tick): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEAD)];
  const add = (kind: number, length: number, bytes: Uint8Array): void => {
    const head = Buffer.alloc(SECTION_HEAD);
    head.writeUInt32LE(kind, 0);
    head.writeUInt32LE(length, 4);
    head.writeUInt32LE(bytes.length, 8);
    parts.push(head, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  };
  const { events, totals, identities, superblocks, mountPoints, tasks, lost, mounts, pods } = tick;
  if (events !== undefined && events.length > 0) add(section.events, events.length, eventColumns.pack(events.columns, events.length));
  if (totals !== undefined && totals.length > 0) {
    const rows = Buffer.from(totals.row.buffer, totals.row.byteOffset, totals.length * 4);
    add(section.totals, totals.length, Buffer.concat([rows, totalsColumns.pack(totals.columns, totals.length)]));
  }
  if (identities !== undefined && identities.length > 0) add(section.identities, 0, identities);
  if (superblocks !== undefined) add(section.superblocks, 0, superblocks);
  if (mountPoints !== undefined) add(section.mountPoints, 0, mountPoints);
  if (tasks !== undefined) add(section.tasks, 0, tasks);
  if (lost !== undefined) {
    add(section.lost, 0, Buffer.from(Float64Array.of(lost.events, lost.identities, lost.rows, lost.missed, lost.tasks).buffer));
  }
  if (mounts !== undefined) add(section.mounts, 0, Buffer.from(mounts, 'latin1'));
  if (pods !== undefined) add(section.pods, 0, Buffer.from(pods, 'utf8'));

  const bytes = Buffer.concat(parts);
  bytes.writeUInt32LE(bytes.length - 4, 0);
  bytes.writeUInt32LE((tick.due.totals ? due.totals : 0) | (tick.due.walk ? due.walk : 0), 4);
  bytes.writeDoubleLE(tick.ms, 8);
  bytes.writeDoubleLE(tick.monotonicMs, 16);
  return bytes;
}

/** The first tick in the bytes, and how many of them it took; undefined when not all of it is there. Throws when it is none. */
export function decodeTick(bytes: Buffer, from: TickLayout): { readonly tick: Tick; readonly size: number } | undefined {
  if (bytes.length < HEAD) return undefined;
  const size = 4 + bytes.readUInt32LE(0);
  if (bytes.length < size) return undefined;
  const flags = bytes.readUInt32LE(4);
  const tick: Tick = {
    ms: bytes.readDoubleLE(8),
    monotonicMs: bytes.readDoubleLE(16),
    due: { totals: (flags & due.totals) !== 0, walk: (flags & due.walk) !== 0 },
  };
  for (let at = HEAD; at < size;) {
    const [kind, length, end] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), at + SECTION_HEAD + bytes.readUInt32LE(at + 8)];
    if (end > size) throw new Error('a section is longer than its tick');
    Object.assign(tick, decodeSection(kind, length, bytes.subarray(at + SECTION_HEAD, end), from));
    at = end;
  }
  return { tick, size };
}

function decodeSection(kind: number, length: number, bytes: Buffer, from: TickLayout): Partial<Tick> {
  const same = from.layout === layoutHash;
  switch (kind) {
    case section.events:
      return { events: { length, columns: eventColumns.unpack(bytes, length, from.events) } };
    case section.totals: {
      const row = new Uint32Array(length);
      new Uint8Array(row.buffer).set(bytes.subarray(0, length * 4));
      return { totals: { length, row, columns: totalsColumns.unpack(bytes.subarray(length * 4), length, from.totals) } };
    }
    case section.identities:
      return { identities: same ? Uint8Array.from(bytes) : convertIdentities(bytes, from.records) };
    case section.superblocks:
      return { superblocks: same ? Uint8Array.from(bytes) : convertRows(bytes, 'superblock', from.records) };
    case section.mountPoints:
      return { mountPoints: same ? Uint8Array.from(bytes) : convertRows(bytes, 'mount', from.records) };
    case section.tasks:
      return { tasks: same ? Uint8Array.from(bytes) : convertRows(bytes, 'task', from.records) };
    case section.lost:
      return {
        lost: {
          events: bytes.readDoubleLE(0),
          identities: bytes.readDoubleLE(8),
          rows: bytes.readDoubleLE(16),
          missed: bytes.readDoubleLE(24),
          tasks: bytes.length > 32 ? bytes.readDoubleLE(32) : 0,
        },
      };
    case section.mounts:
      return { mounts: bytes.toString('latin1') };
    case section.pods:
      return { pods: bytes.toString('utf8') };
    default:
      throw new Error(`section ${kind} is unknown`);
  }
}
