import { Subject, type Observable } from 'rxjs';
import type { Change, Table } from './table.ts';

/** What is known of one kind of things by one source, and for a while what was: what a pod wrote may be flushed after it has gone. */
export interface LookupTable<T, R> extends Table<T> {
  /** Fires after changes, with the names that things are found by which may be found by them now, or have gone. */
  readonly changed: Observable<readonly string[]>;
  find(name: string): R | undefined;
  /** Whether it was deleted: nothing more will be learnt of it. */
  isGone(record: R): boolean;
  /** Forgets what went too long ago. Every change does so too. */
  sweep(): void;
  readonly counts: Readonly<Counts>;
}

/** Cumulative, but for the size. */
export interface Counts {
  /** Things that are there; those that went are not among them. */
  size: number;
  added: number;
  updated: number;
  deleted: number;
  /** Whole lists. */
  lists: number;
  /** When the last list came, on the clock of the table. */
  listedMs: number | undefined;
}

export interface LookupSettings<T, R> {
  /** The same of an item and of its record. */
  readonly key: (thing: T | R) => string;
  /** What is kept; undefined for what is not wanted. */
  readonly keep: (item: T, before: R | undefined) => R | undefined;
  /** What it is found by. */
  readonly names: (record: R) => readonly string[];
  /** Whether a record says what another says: a list repeats most of the one before. */
  readonly isSame: (one: R, other: R) => boolean;
  readonly now?: (() => number) | undefined;
}

/** The Collector’s grace period for deleted pods. */
export const GRACE_MS = 120_000;
/** Of those that went: 8 seconds of a thousand pods a second. */
export const MOST_GONE = 8192;
/** Of all. When there are more, what was not heard of for longest is forgotten. */
export const MOST_RECORDS = 65_536;

export const lookupTable = <T, R>({
  key: keyOf,
  keep,
  names,
  isSame,
  now = () => performance.now(),
}: LookupSettings<T, R>): LookupTable<T, R> => {
  const changed = new Subject<readonly string[]>();
  // In the order they were heard of.
  const records = new Map<string, R>();
  const byName = new Map<string, R>();
  // When each went, in that order.
  const gone = new Map<string, number>();
  const counts: Counts = { size: 0, added: 0, updated: 0, deleted: 0, lists: 0, listedMs: undefined };

  const forget = (key: string): void => {
    const record = records.get(key);
    if (record === undefined) return;
    records.delete(key);
    gone.delete(key);
    for (const name of names(record)) if (byName.get(name) === record) byName.delete(name);
  };

  const remove = (key: string, touched: Set<string>): void => {
    const record = records.get(key);
    if (record === undefined || gone.has(key)) return;
    counts.deleted++;
    gone.set(key, now());
    for (const name of names(record)) touched.add(name);
    if (gone.size > MOST_GONE) forget(gone.keys().next().value!);
  };

  const set = (item: T, touched: Set<string>): void => {
    const key = keyOf(item);
    const before = records.get(key);
    const record = keep(item, before);
    if (record === undefined) return remove(key, touched);
    if (before === undefined) counts.added++;
    else {
      const wasGone = gone.has(key);
      if (!wasGone && isSame(before, record)) return;
      counts[wasGone ? 'added' : 'updated']++;
      for (const name of names(before)) touched.add(name);
      forget(key);
    }
    records.set(key, record);
    for (const name of names(record)) {
      byName.set(name, record);
      touched.add(name);
    }
    if (records.size > MOST_RECORDS) forget(records.keys().next().value!);
  };

  const sweep = (): void => {
    const before = now() - GRACE_MS;
    for (const [key, since] of gone) {
      if (since > before) return;
      forget(key);
    }
  };

  const settle = (touched: Set<string>): void => {
    sweep();
    counts.size = records.size - gone.size;
    if (touched.size > 0) changed.next([...touched]);
  };

  return {
    changed,
    counts,
    sweep,
    apply(changes: readonly Change<T>[]) {
      const touched = new Set<string>();
      for (const change of changes) {
        if (change.kind === 'set') set(change.item, touched);
        else remove(change.key, touched);
      }
      settle(touched);
    },
    replace(items) {
      const touched = new Set<string>();
      const present = new Set(items.map(keyOf));
      for (const key of [...records.keys()]) if (!present.has(key)) remove(key, touched);
      for (const item of items) set(item, touched);
      counts.lists++;
      counts.listedMs = now();
      settle(touched);
    },
    find: (name) => byName.get(name),
    isGone: (record) => gone.has(keyOf(record)),
  };
};
