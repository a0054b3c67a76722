import type { Exemplar, HistogramPoints, NumberPoints } from '@nfscope/model';
import {
  DOUBLE_LENGTH,
  type Family,
  type FamilyWithSeries,
  field,
  type LabelPair,
  nativeBuckets,
  putDouble,
  putField,
  putVarint,
  VARINT_LENGTH,
} from '@nfscope/model/prometheus';

// Tags of io.prometheus.client: the number of a field times 8, and 0 for a varint, 1 for a double, 2 for bytes.
const pairTag = { name: 0x0a, value: 0x12 } as const;
const valueTag = 0x09;
const metricTag = { label: 0x0a, gauge: 0x12, counter: 0x1a, histogram: 0x3a } as const;
const familyTag = { name: 0x0a, help: 0x12, type: 0x18, metric: 0x22, unit: 0x2a } as const;
const histogramTag = {
  count: 0x08,
  sum: 0x11,
  bucket: 0x1a,
  created: 0x7a,
} as const;
/** Of io.prometheus.client.Histogram. */
export const nativeTags = { schema: 0x28, zeroThreshold: 0x31, zeroCount: 0x38, span: 0x62, delta: 0x6a } as const;
const bucketTag = { count: 0x08, bound: 0x11, exemplar: 0x1a } as const;
const exemplarTag = { value: 0x11, time: 0x1a } as const;
const counterCreatedTag = 0x1a;
const types = { counter: 0, gauge: 1, info: 1, histogram: 4 } as const;

const CHUNK = 256 * 1024;

const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** Labels as the fields of their metric, or of their exemplar: it has them by the same number. */
export const labelFields = (pairs: readonly LabelPair[]): Uint8Array =>
  Buffer.concat(
    pairs.map(([name, value]) =>
      field(metricTag.label, Buffer.concat([field(pairTag.name, utf8(name)), field(pairTag.value, utf8(value))])),
    ),
  );

/**
 * Families as delimited messages of io.prometheus.client.MetricFamily; undefined gives others their turn. A message
 * begins with its length, so a whole family is written before the first of its chunks is handed out.
 */
export function* protobufPage(source: Iterable<FamilyWithSeries | undefined>): Generator<Uint8Array | undefined, void, void> {
  for (const item of source) {
    if (item === undefined) {
      yield undefined;
      continue;
    }
    const { family, sets } = item;
    const chunks: Uint8Array[] = [];
    let bytes: Uint8Array = new Uint8Array(0);
    let at = 0;
    for (const { points, labels } of sets) {
      const { most, put } = 'bounds' in points ? histogram(points) : number(family, points);
      const value = new Uint8Array(most);
      for (let point = 0; point < points.length; point++) {
        const text = labels[point]?.bytes;
        if (text === undefined) continue;
        const length = put(value, point);
        const room = text.length + length + 2 * (1 + VARINT_LENGTH);
        if (at + room > bytes.length) {
          chunks.push(bytes.subarray(0, at));
          yield undefined;
          bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK, room));
          at = 0;
        }
        bytes[at++] = familyTag.metric;
        at = putVarint(bytes, at, text.length + length);
        bytes.set(text, at);
        bytes.set(value.subarray(0, length), at + text.length);
        at += text.length + length;
      }
    }
    chunks.push(bytes.subarray(0, at));
    yield start(
      family,
      chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    );
    yield* chunks.filter((chunk) => chunk.length > 0);
  }
}

/** The length of a message, and all of it but its metrics. */
const start = ({ name, help, unit, type }: Family, metrics: number): Uint8Array => {
  const head = Buffer.concat(
    [
      field(familyTag.name, utf8(name)),
      help === '' ? [] : field(familyTag.help, utf8(help)),
      Uint8Array.of(familyTag.type, types[type]),
      unit === '' ? [] : field(familyTag.unit, utf8(unit)),
    ].map((part) => Buffer.from(part)),
  );
  const bytes = new Uint8Array(VARINT_LENGTH + head.length);
  const at = putVarint(bytes, 0, head.length + metrics);
  bytes.set(head, at);
  return bytes.subarray(0, at + head.length);
};

/** Puts the values of points of one set, each at the start of a buffer, as the field of its metric. */
interface ValueWriter {
  readonly most: number;
  /** Returns how long it is. */
  put(bytes: Uint8Array, point: number): number;
}

const TIMESTAMP_LENGTH = 2 + 2 * (1 + VARINT_LENGTH);

/** A google.protobuf.Timestamp; nothing where the time is not known. */
const putTime = (bytes: Uint8Array, at: number, tag: number, ms: number): number => {
  if (ms === 0) return at;
  const seconds = Math.floor(ms / 1000);
  const content = new Uint8Array(TIMESTAMP_LENGTH);
  content[0] = 0x08;
  let end = putVarint(content, 1, seconds);
  content[end++] = 0x10;
  end = putVarint(content, end, Math.round((ms - seconds * 1000) * 1e6));
  return putField(bytes, at, tag, content.subarray(0, end));
};

const number = ({ type }: Family, { value, startMs }: NumberPoints): ValueWriter => {
  const content = new Uint8Array(1 + DOUBLE_LENGTH + TIMESTAMP_LENGTH);
  return {
    most: content.length + 1 + VARINT_LENGTH,
    put(bytes, point) {
      content[0] = valueTag;
      let end = putDouble(content, 1, value[point]!);
      if (type === 'counter') end = putTime(content, end, counterCreatedTag, startMs[point]!);
      return putField(bytes, 0, type === 'counter' ? metricTag.counter : metricTag.gauge, content.subarray(0, end));
    },
  };
};

/** A bucket: tag and length, count, bound. */
const BUCKET_LENGTH = 2 + 1 + VARINT_LENGTH + 1 + DOUBLE_LENGTH;
/** The two ids as labels, value and time, and what that makes longer before it. */
const EXEMPLAR_LENGTH = 46 + 29 + 1 + DOUBLE_LENGTH + TIMESTAMP_LENGTH + 4;

const exemplarFields = ({ traceId, spanId, value, timeMs }: Exemplar): Uint8Array => {
  const labels = labelFields([
    ['trace_id', traceId],
    ['span_id', spanId],
  ]);
  const content = new Uint8Array(labels.length + 1 + DOUBLE_LENGTH + TIMESTAMP_LENGTH);
  content.set(labels);
  content[labels.length] = exemplarTag.value;
  const end = putTime(content, putDouble(content, labels.length + 1, value), exemplarTag.time, timeMs);
  return content.subarray(0, end);
};

/** Buckets as they are, and where their bounds are exponential a native histogram besides. */
const histogram = ({ bounds, buckets, count, sum, startMs, exemplars }: HistogramPoints): ValueWriter => {
  const width = bounds.length + 1;
  const native = nativeBuckets(bounds, nativeTags);
  const longest = BUCKET_LENGTH + (exemplars === undefined ? 0 : EXEMPLAR_LENGTH);
  const content = new Uint8Array(64 + TIMESTAMP_LENGTH + width * longest + (native?.most ?? 0));
  const scratch = new Uint8Array(longest);
  return {
    most: content.length + 1 + VARINT_LENGTH,
    put(bytes, point) {
      content[0] = histogramTag.count;
      let at = putVarint(content, 1, count[point]!);
      content[at++] = histogramTag.sum;
      at = putDouble(content, at, sum[point]!);
      const own = exemplars?.get(point);
      let below = 0;
      for (let bucket = 0; bucket < width; bucket++) {
        below += buckets[point * width + bucket]!;
        scratch[0] = bucketTag.count;
        let end = putVarint(scratch, 1, below);
        scratch[end++] = bucketTag.bound;
        end = putDouble(scratch, end, bounds[bucket] ?? Infinity);
        const exemplar = own?.find((one) => one.bucket === bucket);
        if (exemplar !== undefined) end = putField(scratch, end, bucketTag.exemplar, exemplarFields(exemplar));
        at = putField(content, at, histogramTag.bucket, scratch.subarray(0, end));
      }
      if (native !== undefined) at = native.put(content, at, buckets, point * width);
      at = putTime(content, at, histogramTag.created, startMs[point]!);
      return putField(bytes, 0, metricTag.histogram, content.subarray(0, at));
    },
  };
};
