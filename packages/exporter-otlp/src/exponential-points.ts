import type { HistogramPoints } from '@nfscope/model';
import { exponentialOf } from '@nfscope/model/prometheus';
import { putExemplars } from './exemplars.ts';
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

/** Of ExponentialHistogram. */
const DATA_POINTS = bytesTag(1);
/** Of ExponentialHistogramDataPoint. */
const START_TIME = fixed64Tag(2);
const TIME = fixed64Tag(3);
const COUNT = fixed64Tag(4);
const SUM = fixed64Tag(5);
const SCALE = varintTag(6);
const ZERO_COUNT = fixed64Tag(7);
const POSITIVE = bytesTag(8);
const FLAGS = varintTag(10);
const EXEMPLARS = bytesTag(11);
const ZERO_THRESHOLD = fixed64Tag(14);
/** Of Buckets. */
const OFFSET = varintTag(1);
const BUCKET_COUNTS = bytesTag(2);
/** DataPointFlags. */
const NO_RECORDED_VALUE = 1;

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
    const value = (now: number, place: number): number => (told === undefined ? now : now - told[row * toldWidth + place]!);
    const bucket = (index: number): number => value(buckets[row * width + index]!, 2 + index);
    putDouble(writer, ZERO_THRESHOLD, bounds[0]!);
    const own = exemplars?.get(row);
    if (own !== undefined) putExemplars(writer, EXEMPLARS, own, set.exemplars.get(row));
    const positive = sizeOf(writer);
    for (let index = width - 1; index > 0; index--) putVarint(writer, bucket(index));
    closeMessage(writer, BUCKET_COUNTS, positive);
    putVarint(writer, zigzag(first));
    putVarint(writer, OFFSET);
    closeMessage(writer, POSITIVE, positive);
    putCount(writer, ZERO_COUNT, bucket(0));
    putVarint(writer, zigzag(schema));
    putVarint(writer, SCALE);
    putDouble(writer, SUM, value(sum[row]!, 1));
    putCount(writer, COUNT, value(count[row]!, 0));
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
