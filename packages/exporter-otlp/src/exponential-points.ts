import type { HistogramPoints } from '@nfscope/model';
import { exponentialOf } from '@nfscope/model/prometheus';
import { putExemplars } from './exemplars.ts';
import { COUNT, DATA_POINTS, NO_RECORDED_VALUE, START_TIME, SUM, TIME } from './point-fields.ts';
import {
  bytesTag,
  closeMessage,
  fixed64Tag,
  putCount,
  putDouble,
  putRaw,
  putTime,
  putVarint,
  sizeOf,
  varintTag,
  type ProtobufWriter,
} from './protobuf-writer.ts';
import { wasTold, type SentSet } from './sent-series.ts';

/** Of ExponentialHistogramDataPoint. */
const SCALE = varintTag(6);
const ZERO_COUNT = fixed64Tag(7);
const POSITIVE = bytesTag(8);
const FLAGS = varintTag(10);
const EXEMPLARS = bytesTag(11);
const ZERO_THRESHOLD = fixed64Tag(14);
/** Of Buckets. */
const OFFSET = varintTag(1);
const BUCKET_COUNTS = bytesTag(2);

/** Of a sint32. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/**
 * Buckets of powers of one base: what is at most the first bound is in the zero bucket, which ends there, and what is above the
 * last one in the bucket behind it, since OTLP has none without an end.
 */
export const exponentialWriter = (writer: ProtobufWriter, points: HistogramPoints, set: SentSet, timeMs: number) => {
  const { bounds, buckets, count, sum, startMs, exemplars } = points;
  const { keyValues, timeMs: toldMs, width: toldWidth } = set;
  const { schema, first } = exponentialOf(bounds)!;
  const width = bounds.length + 1;
  return (row: number): void => {
    const size = sizeOf(writer);
    const told = wasTold(set, row) ? set.told : undefined;
    const [own, before] = [row * width, row * toldWidth];
    putDouble(writer, ZERO_THRESHOLD, bounds[0]!);
    const spans = exemplars?.get(row);
    if (spans !== undefined) putExemplars(writer, EXEMPLARS, spans, set.exemplars.get(row));
    const positive = sizeOf(writer);
    for (let index = width - 1; index > 0; index--) {
      putVarint(writer, buckets[own + index]! - (told === undefined ? 0 : told[before + 2 + index]!));
    }
    closeMessage(writer, BUCKET_COUNTS, positive);
    putVarint(writer, zigzag(first));
    putVarint(writer, OFFSET);
    closeMessage(writer, POSITIVE, positive);
    putCount(writer, ZERO_COUNT, buckets[own]! - (told === undefined ? 0 : told[before + 2]!));
    putVarint(writer, zigzag(schema));
    putVarint(writer, SCALE);
    putDouble(writer, SUM, sum[row]! - (told === undefined ? 0 : told[before + 1]!));
    putCount(writer, COUNT, count[row]! - (told === undefined ? 0 : told[before]!));
    putTime(writer, TIME, timeMs);
    putTime(writer, START_TIME, (told === undefined ? startMs : toldMs)[row]!);
    putRaw(writer, keyValues[row]!);
    closeMessage(writer, DATA_POINTS, size);
  };
};

/** Says of a series that it has ended. With a sum, without which VictoriaMetrics passes over what the flags say of that. */
export const exponentialEnd = (writer: ProtobufWriter, { points, keyValues }: SentSet, timeMs: number) => {
  return (row: number): void => {
    const size = sizeOf(writer);
    putVarint(writer, NO_RECORDED_VALUE);
    putVarint(writer, FLAGS);
    putDouble(writer, SUM, 0);
    putTime(writer, TIME, timeMs);
    putTime(writer, START_TIME, points.startMs[row]!);
    putRaw(writer, keyValues[row]!);
    closeMessage(writer, DATA_POINTS, size);
  };
};
