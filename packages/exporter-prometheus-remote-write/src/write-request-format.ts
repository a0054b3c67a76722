import { DOUBLE_LENGTH, field, putDouble, putVarint, VARINT_LENGTH, type Labels } from '@nfscope/model/prometheus';
import { append, growingBytes, reserve } from './growing-bytes.ts';
import { labelField, partsOf, renderLabels } from './label-fields.ts';
import { linesOf, putValues } from './lines.ts';
import { metricTypes, staleNaN, type Format, type MetricHead, type RequestWriter } from './request-writer.ts';

// Tags of prometheus.WriteRequest, TimeSeries and Sample.
const seriesTag = 0x0a;
const samplesTag = 0x12;
const valueTag = 0x09;
const timestampTag = 0x10;
// prometheus.MetricMetadata: a field of the request, and its own tags.
const metadataTag = 0x1a;
const tags = { type: 0x08, name: 0x12, help: 0x22, unit: 0x2a } as const;

const ROOM = 64 * 1024;

const metadata = ({ name, type, help, unit }: MetricHead): Uint8Array => {
  const text = (tag: number, value: string): Uint8Array => (value === '' ? new Uint8Array(0) : field(tag, Buffer.from(value)));
  return field(
    metadataTag,
    Buffer.concat([Uint8Array.of(tags.type, metricTypes[type]), text(tags.name, name), text(tags.help, help), text(tags.unit, unit)]),
  );
};

/** A line with its name and its bound as fields of the series; the bound is empty where there is none. */
interface LineFields {
  readonly name: Uint8Array;
  readonly bound: Uint8Array;
}

const fieldsOf = (name: string, bounds: readonly number[] | undefined): readonly LineFields[] =>
  linesOf(name, bounds).map((line) => ({
    name: labelField('__name__', line.name),
    bound: line.bound === undefined ? new Uint8Array(0) : labelField('le', line.bound),
  }));

/** Messages of samples of one time; the first says what the metrics are. */
const requestWriter = (timeMs: number, heads: readonly MetricHead[]): RequestWriter => {
  let message = growingBytes(ROOM);
  let samples = 0;
  for (const head of heads) {
    const bytes = metadata(head);
    reserve(message, bytes.length);
    append(message, bytes);
  }

  const sample = new Uint8Array(4 + DOUBLE_LENGTH + VARINT_LENGTH);
  sample[0] = samplesTag;
  sample[2] = valueTag;
  const VALUE = 3;
  sample[VALUE + DOUBLE_LENGTH] = timestampTag;
  const end = putVarint(sample, VALUE + DOUBLE_LENGTH + 1, timeMs);
  sample[1] = end - 2;
  const whole = sample.subarray(0, end);

  /** Without values, the markers. */
  const put = (labels: Labels, lines: readonly LineFields[], values: Float64Array | undefined): void => {
    const [first, middle, last] = partsOf(labels);
    const fixed = first.length + middle.length + last.length + end;
    for (let index = 0; index < lines.length; index++) {
      const { name, bound } = lines[index]!;
      const length = fixed + name.length + bound.length;
      reserve(message, 1 + VARINT_LENGTH + length);
      message.bytes[message.at++] = seriesTag;
      message.at = putVarint(message.bytes, message.at, length);
      append(message, first);
      append(message, name);
      append(message, middle);
      append(message, bound);
      append(message, last);
      if (values === undefined) sample.set(staleNaN, VALUE);
      else putDouble(sample, VALUE, values[index]!);
      append(message, whole);
    }
    samples += lines.length;
  };

  return {
    size: () => samples,
    pointsOf({ name }, bounds) {
      const lines = fieldsOf(name, bounds);
      const values = new Float64Array(lines.length);
      return {
        series: lines.length,
        put(labels, points, point) {
          putValues(points, point, values);
          put(labels, lines, values);
        },
        end: (labels) => put(labels, lines, undefined),
      };
    },
    take() {
      const taken = { bytes: message.bytes.subarray(0, message.at), samples, histograms: 0 };
      message = growingBytes(message.bytes.length);
      samples = 0;
      return taken;
    },
  };
};

/** prometheus.WriteRequest, of remote-write 1.0. */
export const writeRequestFormat = (external: Readonly<Record<string, string>>): Format => ({
  render: renderLabels(external),
  requestWriter,
});
