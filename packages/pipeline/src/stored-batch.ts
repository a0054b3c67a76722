import { deserialize, serialize } from 'node:v8';

/** A batch as it is on disk: the shape of its signal, then the structured clone of the rest, which keeps one object one object. */
export interface StoredBatch<T> {
  /** The process that made it. */
  readonly run: number;
  readonly batch: T;
}

/** Of this process: no other on this node was started in the same microsecond. */
export const RUN = performance.timeOrigin;

export const toStored = (batch: unknown, shape: number): Uint8Array =>
  Buffer.concat([Uint8Array.of(shape), serialize({ run: RUN, batch } satisfies StoredBatch<unknown>)]);

/** Undefined for what another version wrote: of another shape, or in a format that this Node does not know. */
export const fromStored = <T>(bytes: Uint8Array, shape: number): StoredBatch<T> | undefined => {
  if (bytes[0] !== shape) return undefined;
  try {
    return deserialize(bytes.subarray(1)) as StoredBatch<T>;
  } catch {
    return undefined;
  }
};
