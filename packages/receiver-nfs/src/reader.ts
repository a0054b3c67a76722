import type { Bounds, NfsBatch } from '@nfscope/model';
import { eventsOf, totalsOf } from './batch.ts';
import type { Config } from './config.ts';
import { trackIdentities } from './identities.ts';
import type { KernelSide } from './kernel-side.ts';
import { nameRows, type Unexpected } from './rows.ts';
import { decodeMounts } from './mounts.ts';
import { seekClients } from './sought-clients.ts';
import { decodeSuperblocks } from './superblocks.ts';
import { decodeTasks, inflightOf } from './tasks.ts';
import { noRows } from './totals.ts';

/** What is due in a tick beside events. */
export interface Due {
  /** And what is in flight. */
  readonly totals: boolean;
  /** Superblocks; they are also walked when there is a new client, and with totals while one is sought. */
  readonly walk: boolean;
}

/** Reads what the kernel side has: events at every call, the rest when it is due. Undefined when there is nothing to tell. */
export type Reader = (ms: number, due: Due) => NfsBatch | undefined;

/** What a reader has to know of the program that counts. */
export type ReaderSettings = Pick<Config, 'max_rows' | 'duration_bounds' | 'size_bounds' | 'job_variables'>;

export function batchReader(kernel: KernelSide, settings: ReaderSettings, startMs: number, unexpected?: Unexpected): Reader {
  const bounds: Bounds = { duration: settings.duration_bounds, size: settings.size_bounds };
  const identities = trackIdentities(settings.job_variables);
  const sought = seekClients();
  const rows = nameRows(identities, settings.max_rows, unexpected);

  return (ms, due) => {
    const events = kernel.events();
    // An operation is added to its row before its event is sent, so every row that an event names is there by now.
    const unnamed = !rows.know(events.columns.row, events.length);
    const totalsRead = due.totals || unnamed;
    const changedRows = totalsRead ? kernel.totals() : noRows;
    const walkedTasks = due.totals ? kernel.tasks() : undefined;
    const tasks = walkedTasks && decodeTasks(walkedTasks);
    // Later than the walk, so that nothing is of the future.
    const monotonicMs = kernel.monotonicMs();
    // Identity records go out before the row they belong to is counted in: read after, none is missed.
    const fresh = identities.take(kernel.identities());
    const added = rows.enter(changedRows, ms);
    const named = tasks && rows.enterTasks(tasks, ms);
    const changed = [...rows.identify(fresh), ...identities.jobs.apply(rows.sources, [...added, ...(named?.added ?? [])])];
    // A new client is looked for at once: what it is mounted as may soon be gone.
    const newClients = fresh.clients.length > 0;
    if (!due.totals && changedRows.length === 0 && events.length === 0 && changed.length === 0 && !newClients) return undefined;

    sought.add(fresh.clients.map((id) => identities.clients.get(id)!));
    const walked = newClients || due.walk || (due.totals && sought.some) ? kernel.superblocks() : undefined;
    const mounted = walked && kernel.mountPoints();
    const superblocks = walked && decodeSuperblocks(walked, mounted && decodeMounts(mounted));
    if (superblocks !== undefined) sought.look(superblocks);
    return {
      timeMs: ms,
      startMs,
      sources: rows.sources,
      changedSources: [...new Set([...added, ...(named?.added ?? []), ...changed])],
      operations: rows.operations,
      bounds,
      totalsRead,
      totals: totalsOf(changedRows, rows, bounds),
      events: eventsOf(events, rows, ms - monotonicMs),
      processes: identities.processes,
      files: identities.files,
      ...(tasks && named ? { inflight: inflightOf(tasks, named, monotonicMs) } : {}),
      ...(superblocks === undefined ? {} : { superblocks }),
      lost: kernel.lost(),
    };
  };
}
