import { hrtime } from 'node:process';
import { nfsLoss, type Lost } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { readEvents, type KernelEvents } from './events.ts';
import { hooks } from './hooks.ts';
import { readIdentityRecords } from './identities.ts';
import type { SavedIdentities } from './saved-identities.ts';
import { walkMounts } from './mounts.ts';
import { walkSuperblocks } from './superblocks.ts';
import { walkTasks } from './tasks.ts';
import { readTotals, type KernelRows } from './totals.ts';

/** What a reader asks of the kernel, each answer as the kernel gave it: the running one, or one that was recorded. */
export interface KernelSide {
  /** CLOCK_MONOTONIC now. */
  monotonicMs(): number;
  /** Empties the event ring. */
  events(): KernelEvents;
  /** The rows that changed since the call before. */
  totals(): KernelRows;
  /** Empties the identity ring: u32 length, 4 bytes of nothing, the record padded to 8, and so on. */
  identities(): Uint8Array;
  /** One nfs_superblock after the other, padded to 8. Undefined when the lists of the kernel did not stand still. */
  superblocks(): Uint8Array | undefined;
  /** One nfs_mount after the other. Undefined as above. */
  mountPoints(): Uint8Array | undefined;
  /** One nfs_task after the other. Undefined as above. */
  tasks(): Uint8Array | undefined;
  lost(): Lost;
}

/** The running kernel's. */
export function liveKernel(session: Session, maxRows: number, saved?: SavedIdentities): KernelSide {
  return {
    monotonicMs: () => Number(hrtime.bigint()) / 1e6,
    events: readEvents(session),
    totals: readTotals(session, maxRows),
    identities: saved === undefined ? readIdentityRecords(session) : withSaved(readIdentityRecords(session), saved),
    superblocks: () => walkSuperblocks(session),
    mountPoints: () => walkMounts(session),
    tasks: () => walkTasks(session),
    lost: () => lostOf(session),
  };
}

/** First what earlier agents learnt; all that is new is kept for later ones. */
function withSaved(read: () => Uint8Array, saved: SavedIdentities): () => Uint8Array {
  let first: Uint8Array | undefined = saved.all();
  return () => {
    const fresh = read();
    saved.keep(fresh);
    const records = first === undefined ? fresh : Buffer.concat([first, fresh]);
    first = undefined;
    return records;
  };
}

/** Programs without whose runs an operation or its owner is missing. Where another one is skipped, a total is as right as before. */
const counting = hooks.filter(({ needed }) => needed).flatMap(({ ways }) => ways.flatMap(({ program }) => [program, `${program}_stage`]));

function lostOf(session: Session): Lost {
  const row = new Uint8Array(nfsLoss.size);
  session.read('loss', 0, 1, row);
  const view = new DataView(row.buffer);
  const { events, identities, rows, tasks } = nfsLoss.fields;
  const count = (field: { readonly offset: number }) => Number(view.getBigUint64(field.offset, true));
  const counters = session.counters();
  const missed = counting.reduce((sum, program) => sum + (counters[program]?.missed ?? 0), 0);
  return { events: count(events), identities: count(identities), rows: count(rows), tasks: count(tasks), missed };
}
