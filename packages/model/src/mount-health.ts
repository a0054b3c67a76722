import type { NfsBatch } from './batch.ts';
import type { MountCoverage } from './mountstats.ts';

const ESTALE = 116;

/** State and rule of each condition a mount can be in. Ascending: of those that hold, the last counts. */
export const mountConditions = [
  ['ok', 'operations'],
  ['slow', 'reply_time'],
  ['slow', 'overdue'],
  ['stuck', 'overdue'],
  ['stale', 'stale_handles'],
] as const;
const [OK, SLOW_REPLIES, SLOW_OVERDUE, STUCK, STALE] = [0, 1, 2, 3, 4];

/** Operations of one client that ended, since the beginning. */
interface Ended {
  all: number;
  succeeded: number;
  stale: number;
  replyTime: number;
}

/** The same, at the ends of two periods: what is judged is what ended since `from`. */
interface Client extends Ended {
  from: Ended;
  middle: Ended;
  middleMs: number;
  /** When one last ended, and last succeeded; or the client was seen first. */
  endedMs: number;
  successMs: number;
  /** Age of the oldest in flight, in ms. */
  oldest: number;
}

const copy = ({ all, succeeded, stale, replyTime }: Ended): Ended => ({ all, succeeded, stale, replyTime });

/** From when on a mount fares badly. Times are milliseconds. */
export interface HealthLimits {
  /** It is slow when its operations take that long from sending to reply, in the mean. */
  readonly slow: number;
  /** It is stuck when an operation has been in flight that long, and none has succeeded for as long. */
  readonly stuck: number;
  /** Operations are judged that ended in the last half to whole of it. */
  readonly window: number;
}

/** How each mount fares, as far as the batches taken in tell. */
export interface MountHealth {
  take(batch: NfsBatch): void;
  /** Each mount once with an index into `mountConditions`; of mounts that say the same, as with nosharecache, the worse. */
  conditions(): readonly { readonly mount: MountCoverage; readonly condition: number }[];
}

/** Judges the mounts of one receiver by what ended and what is in flight; docs/adr/0011 has the rules. */
export const trackMountHealth = ({ slow, stuck, window }: HealthLimits): MountHealth => {
  const clients = new Map<number, Client>();
  let mounts: readonly MountCoverage[] = [];
  /** What each row said last. */
  let counts = new Float64Array(256);
  let replyTimes = new Float64Array(256);
  let nowMs = 0;
  let begun = false;

  const enter = (id: number): Client => {
    let client = clients.get(id);
    if (client === undefined) {
      const none = { all: 0, succeeded: 0, stale: 0, replyTime: 0 };
      client = { ...none, from: none, middle: none, middleMs: nowMs, endedMs: nowMs, successMs: nowMs, oldest: 0 };
      clients.set(id, client);
    }
    return client;
  };

  const larger = (column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> => {
    const grown = new Float64Array(Math.max(length, column.length * 2));
    grown.set(column);
    return grown;
  };

  const takeEnded = ({ totals, sources, operations }: NfsBatch): void => {
    for (let i = 0; i < totals.length; i++) {
      // What the page cache answers says nothing of the server.
      if (operations[totals.operation[i]!]!.kind === 'vfs') continue;
      const row = totals.row[i]!;
      if (row >= counts.length) [counts, replyTimes] = [larger(counts, row + 1), larger(replyTimes, row + 1)];
      const more = totals.count[i]! - counts[row]!;
      const client = enter(sources.at(totals.source[i]!).client.id);
      client.all += more;
      if (more > 0) client.endedMs = nowMs;
      client.replyTime += totals.rttSum[i]! - replyTimes[row]!;
      if (totals.error[i] === ESTALE) client.stale += more;
      if (totals.error[i] === 0 && more > 0) {
        client.succeeded += more;
        client.successMs = nowMs;
      }
      counts[row] = totals.count[i]!;
      replyTimes[row] = totals.rttSum[i]!;
    }
  };

  /** Half a window on, when there is something that ended. */
  const move = (client: Client): void => {
    // Both ways, since the clock may be set back.
    if (client.all === client.middle.all || Math.abs(nowMs - client.middleMs) < window / 2) return;
    client.from = client.middle;
    client.middle = copy(client);
    client.middleMs = nowMs;
  };

  const conditionOf = ({ client: id, parents }: MountCoverage): number => {
    const own = enter(id);
    const { from } = own;
    const ended = own.all - from.all;
    if ((own.stale - from.stale) * 2 > ended) return STALE;
    const oldest = Math.max(own.oldest, ...parents.map((parent) => enter(parent).oldest));
    if (oldest >= stuck) return Math.abs(nowMs - own.successMs) >= stuck ? STUCK : SLOW_OVERDUE;
    // Where nothing is asked nothing is slow; a stale handle stays one.
    const used = ended > 0 && Math.abs(nowMs - own.endedMs) < window;
    return used && (own.replyTime - from.replyTime) * 1000 >= slow * ended ? SLOW_REPLIES : OK;
  };

  return {
    take(batch) {
      nowMs = batch.timeMs;
      if (batch.mountstats !== undefined) {
        ({ mounts } = batch.mountstats);
        const live = new Set(mounts.flatMap(({ client, parents }) => [client, ...parents]));
        // A client whose mount is not known yet is entered again with what its next operations add.
        for (const id of clients.keys()) if (!live.has(id)) clients.delete(id);
      }
      takeEnded(batch);
      // Totals that were there before tell of nobody knows when.
      if (!begun) for (const client of clients.values()) client.from = client.middle = copy(client);
      begun = true;
      for (const client of clients.values()) move(client);
      const { inflight, sources } = batch;
      if (inflight === undefined) return;
      for (const client of clients.values()) client.oldest = 0;
      for (let i = 0; i < inflight.length; i++) {
        const client = enter(sources.at(inflight.source[i]!).client.id);
        client.oldest = Math.max(client.oldest, inflight.age[i]! * 1000);
      }
    },
    conditions() {
      const worst = new Map<string, { readonly mount: MountCoverage; condition: number }>();
      for (const mount of mounts) {
        const condition = conditionOf(mount);
        const key = JSON.stringify(mount.attributes);
        const one = worst.get(key);
        if (one === undefined) worst.set(key, { mount, condition });
        else one.condition = Math.max(one.condition, condition);
      }
      return [...worst.values()];
    },
  };
};
