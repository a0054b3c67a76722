import { hrtime } from 'node:process';
import { nfsLoss, type Bounds, type Lost, type NfsBatch } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { eventsOf, totalsOf } from './batch.ts';
import type { Config } from './config.ts';
import { readEvents } from './events.ts';
import { readIdentities } from './identities.ts';
import { nameRows } from './rows.ts';
import { walkSuperblocks } from './superblocks.ts';
import { readTotals } from './totals.ts';

/** Mounts without a word from a new client are found this often. */
const WALK_MS = 10_000;

/** Reads what the kernel side has: events at every call, totals when they are due. Undefined when there is nothing to tell. */
export type Reader = (now: { readonly ms: number; readonly totals: boolean }) => NfsBatch | undefined;

export function batchReader(session: Session, config: Config, startMs: number): Reader {
  const bounds: Bounds = { duration: config.duration_bounds, size: config.size_bounds };
  const table = readTotals(session, config.max_rows);
  const takeEvents = readEvents(session);
  const identities = readIdentities(session);
  const rows = nameRows(identities, config.max_rows);
  let walkedMs = -Infinity;

  return ({ ms, totals: due }) => {
    const events = takeEvents();
    // An operation is added to its row before its event is sent, so every row that an event names is there by now.
    const unnamed = events.columns.row.subarray(0, events.length).some((row) => !rows.knows(row));
    const kernel = due || unnamed ? table.read() : table.none;
    // Identity records go out before the row they belong to is counted in: read after, none is missed.
    const fresh = identities.read();
    const added = rows.enter(kernel, ms);
    const changed = rows.identify(fresh);
    if (!due && kernel.length === 0 && events.length === 0 && changed.length === 0) return undefined;

    const walk = fresh.clients.length > 0 || (due && ms - walkedMs >= WALK_MS);
    const superblocks = walk ? walkSuperblocks(session) : undefined;
    if (superblocks !== undefined) walkedMs = ms;
    return {
      timeMs: ms,
      startMs,
      sources: rows.sources,
      changedSources: [...new Set([...added, ...changed])],
      operations: rows.operations,
      bounds,
      totals: totalsOf(kernel, rows, bounds),
      events: eventsOf(events, rows, ms - Number(hrtime.bigint()) / 1e6),
      ...(superblocks === undefined ? {} : { superblocks }),
      lost: lostOf(session),
    };
  };
}

function lostOf(session: Session): Lost {
  const row = new Uint8Array(nfsLoss.size);
  session.read('loss', 0, 1, row);
  const view = new DataView(row.buffer);
  const { events, identities, rows } = nfsLoss.fields;
  const count = (field: { readonly offset: number }) => Number(view.getBigUint64(field.offset, true));
  const missed = Object.values(session.counters()).reduce((sum, program) => sum + program.missed, 0);
  return { events: count(events), identities: count(identities), rows: count(rows), missed };
}
