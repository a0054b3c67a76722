import { exponentialOf } from './exponential.ts';
import { DOUBLE_LENGTH, putDouble, putField, putVarint, putZigzag, VARINT_LENGTH } from './protobuf-writer.ts';

/** Tags of the fields that make a histogram native: the same in every message, by other numbers. */
export interface NativeTags {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly span: number;
  readonly delta: number;
}

/** Puts the buckets of points as a native histogram. */
export interface NativeBuckets {
  /** How many bytes it gets, at most. */
  readonly most: number;
  /** `buckets` are not cumulative, those of the point begin at `first`. Returns where the next byte goes. */
  put(bytes: Uint8Array, at: number, buckets: Float64Array, first: number): number;
}

// Tags of a BucketSpan.
const spanTag = { offset: 0x08, length: 0x10 } as const;

/** Of histograms with these bounds; undefined where they are no part of Prometheus' scale. */
export const nativeBuckets = (bounds: readonly number[], tags: NativeTags): NativeBuckets | undefined => {
  const exponential = exponentialOf(bounds);
  if (exponential === undefined) return undefined;
  const { schema, first: power } = exponential;
  const scratch = new Uint8Array((bounds.length + 2) * VARINT_LENGTH);
  return {
    most: 6 + DOUBLE_LENGTH + 6 * VARINT_LENGTH + scratch.length,
    put(bytes, at, buckets, first) {
      bytes[at++] = tags.schema;
      at = putZigzag(bytes, at, schema);
      // What is at most the first bound is in the zero bucket, what is above the last in the bucket behind it.
      bytes[at++] = tags.zeroThreshold;
      at = putDouble(bytes, at, bounds[0]!);
      bytes[at++] = tags.zeroCount;
      at = putVarint(bytes, at, buckets[first]!);
      scratch[0] = spanTag.offset;
      let end = putZigzag(scratch, 1, power + 1);
      scratch[end++] = spanTag.length;
      end = putVarint(scratch, end, bounds.length);
      at = putField(bytes, at, tags.span, scratch.subarray(0, end));
      end = 0;
      let before = 0;
      for (let bucket = 1; bucket <= bounds.length; bucket++) {
        const own = buckets[first + bucket]!;
        end = putZigzag(scratch, end, own - before);
        before = own;
      }
      return putField(bytes, at, tags.delta, scratch.subarray(0, end));
    },
  };
};
