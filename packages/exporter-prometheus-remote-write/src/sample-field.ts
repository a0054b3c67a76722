import { DOUBLE_LENGTH, putDouble, putVarint, VARINT_LENGTH } from '@nfscope/model/prometheus';
import { staleNaN } from './request-writer.ts';

// io.prometheus.write.v2.TimeSeries, and tags of its Sample.
const samplesTag = 0x12;
const tags = { value: 0x09, timestamp: 0x10, start: 0x18 } as const;

const VALUE = 3;

/** Samples of one time, as the field of their series; each holds until the next. */
export const sampleField = (timeMs: number) => {
  const bytes = new Uint8Array(VALUE + DOUBLE_LENGTH + 2 * (1 + VARINT_LENGTH));
  bytes[0] = samplesTag;
  bytes[2] = tags.value;
  bytes[VALUE + DOUBLE_LENGTH] = tags.timestamp;
  const time = putVarint(bytes, VALUE + DOUBLE_LENGTH + 1, timeMs);
  let whole = bytes.subarray(0, time);
  return {
    /** Since when the next ones count, milliseconds since the Unix epoch; 0 where it is not known. */
    begin(startMs: number): void {
      let end = time;
      if (startMs > 0) {
        bytes[end++] = tags.start;
        end = putVarint(bytes, end, Math.floor(startMs));
      }
      bytes[1] = end - 2;
      whole = bytes.subarray(0, end);
    },
    of(value: number): Uint8Array {
      putDouble(bytes, VALUE, value);
      return whole;
    },
    /** The marker that a series has ended. */
    stale(): Uint8Array {
      bytes.set(staleNaN, VALUE);
      return whole;
    },
  };
};
