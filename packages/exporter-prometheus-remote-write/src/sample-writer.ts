import { DOUBLE_LENGTH, putDouble, putVarint, VARINT_LENGTH, type Labels } from '@nfscope/model/prometheus';
import { partsOf } from './label-fields.ts';
import type { Line } from './lines.ts';

// Tags of prometheus.WriteRequest, TimeSeries and Sample.
const seriesTag = 0x0a;
const samplesTag = 0x12;
const valueTag = 0x09;
const timestampTag = 0x10;

// Prometheus' value.StaleNaN, 0x7ff0000000000002: written as bytes, since JavaScript may make any other NaN of it.
const staleNaN = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);

/** Messages of one request, one behind the other. */
export interface SampleWriter {
  /** Of this request so far. */
  samples(): number;
  /** A field of the request as it is. */
  put(field: Uint8Array): void;
  /** A sample of each line of a point, or where there are no values the marker that the series has ended. */
  putPoint(labels: Labels, lines: readonly Line[], values: Float64Array | undefined): void;
  /** All of it; the next request begins. */
  take(): Uint8Array;
}

/** Samples of one time, milliseconds since the Unix epoch. */
export const sampleWriter = (timeMs: number): SampleWriter => {
  let bytes: Uint8Array = new Uint8Array(64 * 1024);
  let [at, samples] = [0, 0];
  const reserve = (length: number): void => {
    if (at + length <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, at + length));
    larger.set(bytes.subarray(0, at));
    bytes = larger;
  };
  const append = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };

  const sample = new Uint8Array(4 + DOUBLE_LENGTH + VARINT_LENGTH);
  sample[0] = samplesTag;
  sample[2] = valueTag;
  const VALUE = 3;
  sample[VALUE + DOUBLE_LENGTH] = timestampTag;
  const end = putVarint(sample, VALUE + DOUBLE_LENGTH + 1, timeMs);
  sample[1] = end - 2;
  const whole = sample.subarray(0, end);

  return {
    samples: () => samples,
    put(field) {
      reserve(field.length);
      append(field);
    },
    putPoint(labels, lines, values) {
      const [first, middle, last] = partsOf(labels);
      const fixed = first.length + middle.length + last.length + end;
      for (let index = 0; index < lines.length; index++) {
        const { name, bound } = lines[index]!;
        const length = fixed + name.length + bound.length;
        reserve(1 + VARINT_LENGTH + length);
        bytes[at++] = seriesTag;
        at = putVarint(bytes, at, length);
        append(first);
        append(name);
        append(middle);
        append(bound);
        append(last);
        if (values === undefined) sample.set(staleNaN, VALUE);
        else putDouble(sample, VALUE, values[index]!);
        append(whole);
      }
      samples += lines.length;
    },
    take() {
      const taken = bytes.subarray(0, at);
      [bytes, at, samples] = [new Uint8Array(bytes.length), 0, 0];
      return taken;
    },
  };
};
