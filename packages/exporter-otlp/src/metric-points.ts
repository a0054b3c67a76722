import type { HistogramPoints, NumberPoints } from '@nfscope/model';
import { keptBytes } from './attribute-bytes.ts';
import type { DataKind } from './data-kind.ts';
import { EXEMPLAR_BYTES, EXEMPLARS_OF_HISTOGRAM, putExemplars } from './exemplars.ts';
import { exponentialEnd, exponentialWriter } from './exponential-points.ts';
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
  reserve,
  setCount,
  setTime,
  sizeOf,
  varintTag,
  written,
  type ProtobufWriter,
} from './protobuf-writer.ts';
import { wasTold, type SentSet } from './sent-series.ts';

const AS_DOUBLE = fixed64Tag(4);
const BUCKET_COUNTS = bytesTag(6);
const EXPLICIT_BOUNDS = bytesTag(7);
const NUMBER_FLAGS = varintTag(8);
const HISTOGRAM_FLAGS = varintTag(10);
/** All fields of a point with a length of their own, its attributes and bounds apart: times, count, sum, flags, headers. */
const FIXED_BYTES = 64;

const boundsBytes = keptBytes((writer, bounds: readonly number[]) => {
  if (bounds.length === 0) return;
  const size = sizeOf(writer);
  for (let index = bounds.length - 1; index >= 0; index--) {
    const at = reserve(writer, 8);
    writer.view.setFloat64(at, bounds[index]!, true);
  }
  closeMessage(writer, EXPLICIT_BOUNDS, size);
});

/** Writes points of one set. */
export interface PointWriter {
  /** What a point takes at most. */
  bytes(row: number): number;
  put(row: number): void;
}

/** Points of a snapshot of `timeMs`; what the backend was told before is taken off. */
export const pointWriter = (writer: ProtobufWriter, kind: DataKind, set: SentSet, timeMs: number): PointWriter => {
  const { points, keyValues } = set;
  const putHistogram = kind === 'exponential' ? exponentialWriter : histogramWriter;
  const putEnd = kind === 'exponential' ? exponentialEnd : endWriter;
  const put =
    'buckets' in points
      ? putHistogram(writer, points, set, timeMs)
      : 'value' in points
        ? numberWriter(writer, points, set, timeMs)
        : putEnd(writer, set, timeMs);
  const most = FIXED_BYTES + ('buckets' in points ? bucketBytes(points.bounds) : Math.max(0, ...(set.bounds ?? []).map(bucketBytes)));
  const exemplars = 'buckets' in points ? points.exemplars : undefined;
  return { put, bytes: (row) => most + keyValues[row]!.length + EXEMPLAR_BYTES * (exemplars?.get(row)?.length ?? 0) };
};

const bucketBytes = (bounds: readonly number[]): number => boundsBytes(bounds).length + 8 * (bounds.length + 1);

/** Where a HistogramDataPoint has its numbers, if its fields are those of `histogramForm`: each after a tag of one byte. */
const START_AT = 1;
const COUNT_AT = 19;
const SUM_AT = 28;

const putEmptyBuckets = (writer: ProtobufWriter, bounds: readonly number[]): void => {
  putRaw(writer, boundsBytes(bounds));
  const buckets = new Uint8Array(8 * (bounds.length + 1));
  putRaw(writer, buckets);
  putVarint(writer, buckets.length);
  putVarint(writer, BUCKET_COUNTS);
};

/** A HistogramDataPoint as all points of a set are, with zeros for what differs: it is copied, which is faster than to write it. */
const histogramForm = ({ bounds }: HistogramPoints, startMs: number, timeMs: number): Uint8Array =>
  written((form) => {
    putEmptyBuckets(form, bounds);
    putDouble(form, SUM, 0);
    putCount(form, COUNT, 0);
    putTime(form, TIME, timeMs);
    putTime(form, START_TIME, startMs);
  });

const TWO_31 = 2 ** 31;

/** `length` whole numbers from `first` on, which make `sum` together, each as fixed64, over zeros: 3 ns a number. */
const setCounts = (view: DataView, at: number, values: Float64Array, first: number, length: number, sum: number): void => {
  if (sum < TWO_31) {
    // The upper half of their places is 0.
    for (let index = 0; index < length; index++) view.setInt32(at + 8 * index, values[first + index]! | 0, true);
    return;
  }
  for (let index = 0; index < length; index++) setCount(view, at + 8 * index, values[first + index]!);
};

const histogramWriter = (writer: ProtobufWriter, points: HistogramPoints, set: SentSet, timeMs: number) => {
  const { buckets, sum, count, startMs, exemplars } = points;
  const { keyValues, timeMs: toldMs, exemplars: taken, width: toldWidth } = set;
  const width = points.bounds.length + 1;
  // Most series began together.
  const formMs = startMs[0] ?? 0;
  const form = histogramForm(points, formMs, timeMs);
  const bucketsAt = form.length - boundsBytes(points.bounds).length - 8 * width;
  return (row: number): void => {
    const size = sizeOf(writer);
    putRaw(writer, keyValues[row]!);
    const own = exemplars?.get(row);
    if (own !== undefined) putExemplars(writer, EXEMPLARS_OF_HISTOGRAM, own, taken.get(row));
    putRaw(writer, form);
    const { view, at } = writer;
    const told = wasTold(set, row) ? set.told : undefined;
    const before = row * toldWidth;
    const fromMs = (told === undefined ? startMs : toldMs)[row]!;
    if (fromMs !== formMs) setTime(view, at + START_AT, fromMs);
    setCount(view, at + COUNT_AT, told === undefined ? count[row]! : count[row]! - told[before]!);
    view.setFloat64(at + SUM_AT, told === undefined ? sum[row]! : sum[row]! - told[before + 1]!, true);
    if (told === undefined) setCounts(view, at + bucketsAt, buckets, row * width, width, count[row]!);
    else
      for (let bucket = 0; bucket < width; bucket++)
        setCount(view, at + bucketsAt + 8 * bucket, buckets[row * width + bucket]! - told[before + 2 + bucket]!);
    closeMessage(writer, DATA_POINTS, size);
  };
};

const numberWriter = (writer: ProtobufWriter, { value, startMs }: NumberPoints, set: SentSet, timeMs: number) => {
  const { keyValues, timeMs: toldMs } = set;
  return (row: number): void => {
    const size = sizeOf(writer);
    const told = wasTold(set, row) ? set.told : undefined;
    putRaw(writer, keyValues[row]!);
    putDouble(writer, AS_DOUBLE, told === undefined ? value[row]! : value[row]! - told[row]!);
    putTime(writer, TIME, timeMs);
    putTime(writer, START_TIME, (told === undefined ? startMs : toldMs)[row]!);
    closeMessage(writer, DATA_POINTS, size);
  };
};

/**
 * Says of a series that it has ended. A histogram has its bounds, empty buckets and a sum there too: VictoriaMetrics passes
 * over one without buckets, whatever its flags, and would show the series for five minutes more.
 */
const endWriter = (writer: ProtobufWriter, { points, bounds, keyValues }: SentSet, timeMs: number) => {
  return (row: number): void => {
    const size = sizeOf(writer);
    putVarint(writer, NO_RECORDED_VALUE);
    putVarint(writer, bounds === undefined ? NUMBER_FLAGS : HISTOGRAM_FLAGS);
    putRaw(writer, keyValues[row]!);
    if (bounds !== undefined) {
      putEmptyBuckets(writer, bounds[row]!);
      putDouble(writer, SUM, 0);
    }
    putTime(writer, TIME, timeMs);
    putTime(writer, START_TIME, points.startMs[row]!);
    closeMessage(writer, DATA_POINTS, size);
  };
};
