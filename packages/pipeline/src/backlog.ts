/** A batch that was pushed and is not finished. */
export interface Waiting<T> {
  /** Those that are to go first have the lower. */
  readonly order: number;
  readonly items: number;
  /** The process that made it: its streams are other ones than those of the process before. */
  readonly run: number;
  readonly stream: string | undefined;
  /** Only those that have it in common go out as one. */
  readonly key: string | undefined;
  /** Undefined while it is on disk alone. */
  batch: T | undefined;
  /** In the store, once it is on disk. */
  id: number | undefined;
  /** In the store too: of what it took the place of, until it is on disk itself. */
  olderIds: readonly number[];
  /** Whether it has gone out before, and with whom. */
  parcel: Parcel<T> | undefined;
}

/** What goes out at once; the same object again after a failure, as long as all of it waits. */
export interface Parcel<T> {
  readonly parts: readonly Waiting<T>[];
  batch: T | undefined;
}

/** A batch, and a newer one of its stream that waits in its place. */
export type Superseded<T> = readonly [older: Waiting<T>, newer: Waiting<T>];

/** What waits, in its order. */
export interface Backlog<T> {
  readonly waiting: readonly Waiting<T>[];
  add(one: Waiting<T>): Superseded<T>[];
  /** Takes out the oldest of those that are in memory alone, until they are no more than the capacity, or one. */
  overflow(): readonly Waiting<T>[];
  remove(some: readonly Waiting<T>[]): void;
  /** What is to go out next, taken out; of no stream that is `busy`. */
  take(busy: (stream: string) => boolean): Parcel<T> | undefined;
  /** Puts back what did not get through. */
  putBack(parcel: Parcel<T>): Superseded<T>[];
}

// A batch without items takes memory too.
const weight = ({ items }: { readonly items: number }): number => Math.max(1, items);

/** `capacity` and `parcelSize` are items. */
export const backlog = <T>(capacity: number, parcelSize: number): Backlog<T> => {
  let waiting: Waiting<T>[] = [];

  const isOfStream = (one: Waiting<T>, other: Waiting<T>): boolean =>
    one.stream !== undefined && one.stream === other.stream && one.run === other.run;

  const remove = (some: readonly Waiting<T>[]): void => {
    if (some.length === 0) return;
    const gone = new Set(some);
    waiting = waiting.filter((one) => !gone.has(one));
    for (const { parcel } of some) for (const part of parcel?.parts ?? []) part.parcel = undefined;
  };

  const gather = (first: Waiting<T>): Waiting<T>[] => {
    const parts = [first];
    if (first.key === undefined) return parts;
    let size = weight(first);
    for (const one of waiting) {
      if (one === first || one.key !== first.key || one.parcel) continue;
      size += weight(one);
      if (size > parcelSize) break;
      parts.push(one);
    }
    return parts;
  };

  return {
    get waiting() {
      return waiting;
    },
    add(one) {
      const place = one.stream === undefined ? -1 : waiting.findIndex((other) => isOfStream(one, other));
      if (place < 0) {
        waiting.push(one);
        return [];
      }
      const [older] = waiting.splice(place, 1, one);
      return [[older!, one]];
    },
    overflow() {
      const inMemory = waiting.filter(({ id, stream }) => id === undefined && stream === undefined);
      let size = inMemory.reduce((sum, one) => sum + weight(one), 0);
      const over: Waiting<T>[] = [];
      for (const one of inMemory.slice(0, -1)) {
        if (size <= capacity) break;
        over.push(one);
        size -= weight(one);
      }
      remove(over);
      return over;
    },
    remove,
    take(busy) {
      const first = waiting.find(({ stream }) => stream === undefined || !busy(stream));
      if (first === undefined) return undefined;
      const parcel = first.parcel ?? { parts: gather(first), batch: undefined };
      const gone = new Set(parcel.parts);
      waiting = waiting.filter((one) => !gone.has(one));
      return parcel;
    },
    putBack(parcel) {
      // A snapshot goes out by itself.
      const [first] = parcel.parts;
      const newer = waiting.find((one) => isOfStream(one, first!));
      if (newer) return [[first!, newer]];
      for (const part of parcel.parts) part.parcel = parcel;
      waiting = [...parcel.parts, ...waiting].sort((one, other) => one.order - other.order);
      return [];
    },
  };
};
