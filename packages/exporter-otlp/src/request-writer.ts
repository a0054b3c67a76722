import { closeMessage, putRaw, rewind, sizeOf, take, type ProtobufWriter } from './protobuf-writer.ts';

/**
 * Servers refuse messages of more than 4 MiB unless told otherwise. A quarter of it: an attempt that fails repeats no
 * more than this, and a backend that is slow gets it within its timeout.
 */
export const REQUEST_BYTES = 1024 * 1024;

/** A message that holds others: what stands before and behind them. */
export interface Level {
  readonly tag: number;
  readonly front: Uint8Array;
  readonly back: Uint8Array;
}

/** Tag and length of a message, below 256 MiB. */
export const HEADER_BYTES = 6;

/** Messages of one signal, of a bounded size. What is in them comes from the last to the first, as in the writer below. */
export interface RequestWriter {
  /** The request that has no room for a leaf of `length` bytes at most below `levels`; that is then the first of the next one. */
  cut(levels: readonly Level[], length: number): Uint8Array | undefined;
  /** To be called before leaves are written below `levels`, the outermost first; those in common with the levels before are one message. */
  begin(levels: readonly Level[]): void;
  /** Bytes that may follow below the levels that were begun last. */
  room(): number;
  /** What is left; undefined when there is nothing. */
  end(): Uint8Array | undefined;
}

/** What levels take beside what is in them, from the level at `depth` on. */
const overhead = (levels: readonly Level[], depth: number): number => {
  let sum = 0;
  for (let level = depth; level < levels.length; level++) {
    sum += levels[level]!.front.length + levels[level]!.back.length + HEADER_BYTES;
  }
  return sum;
};

/** Empties the writer and starts; only a leaf that is larger by itself makes a request of more than REQUEST_BYTES. */
export const requestWriter = (writer: ProtobufWriter): RequestWriter => {
  let current: readonly Level[] = [];
  /** What the writer held when each of `current` was opened. */
  const sizes: number[] = [];
  /** What closing them takes at most. */
  let ahead = 0;

  /** How many levels are those that are open. */
  const common = (levels: readonly Level[]): number => {
    let depth = 0;
    while (depth < current.length && current[depth] === levels[depth]) depth++;
    return depth;
  };

  const open = (levels: readonly Level[]): void => {
    const depth = common(levels);
    for (let level = current.length - 1; level >= depth; level--) {
      putRaw(writer, current[level]!.front);
      closeMessage(writer, current[level]!.tag, sizes[level]!);
    }
    for (let level = depth; level < levels.length; level++) {
      sizes[level] = sizeOf(writer);
      putRaw(writer, levels[level]!.back);
    }
    current = levels;
    ahead = overhead(levels, 0);
  };

  const end = (): Uint8Array | undefined => {
    open([]);
    return sizeOf(writer) === 0 ? undefined : take(writer);
  };
  const room = (): number => REQUEST_BYTES - ahead - sizeOf(writer);

  rewind(writer, 0);
  return {
    cut: (levels, length) => (length + overhead(levels, common(levels)) > room() ? end() : undefined),
    begin(levels) {
      if (levels !== current) open(levels);
    },
    room,
    end,
  };
};
