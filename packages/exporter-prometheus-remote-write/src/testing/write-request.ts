import protobuf from 'protobufjs';

/** What a receiver makes of a request of either message. */
export interface ReadRequest {
  /** One line a sample: `name{label="value"} value @time`, and ` since time` where a series says that. */
  readonly lines: readonly string[];
  /** What metrics are, by their names. */
  readonly metadata: readonly { readonly type: string; readonly metricFamilyName: string; readonly help: string; readonly unit: string }[];
  /** How many samples and native histograms are markers that their series have ended. */
  readonly stale: number;
  readonly samples: number;
  readonly histograms: number;
  /** The table of symbols, where there is one. */
  readonly symbols: readonly string[];
}

const lookup = (proto: string, name: string): protobuf.Type => protobuf.parse(proto).root.lookupType(name);
const decoded = (type: protobuf.Type, bytes: Uint8Array): object =>
  type.toObject(type.decode(bytes), { longs: Number, enums: String, defaults: true });

interface Sample {
  readonly value: number;
  readonly timestamp: number;
  readonly startTimestamp?: number;
}

interface Label {
  readonly name: string;
  readonly value: string;
}

/** StaleNaN with the least significant byte first. */
const stale = '020000000000f07f';
const staleMarkers = (bytes: Uint8Array): number => Buffer.from(bytes).toString('hex').split(stale).length - 1;

const labelText = (labels: readonly Label[]): string => `{${labels.map(({ name, value }) => `${name}=${JSON.stringify(value)}`).join()}}`;
const timeText = ({ timestamp, startTimestamp = 0 }: Omit<Sample, 'value'>): string =>
  `@${timestamp}${startTimestamp === 0 ? '' : ` since ${startTimestamp}`}`;
const sampleText = (labels: readonly Label[], sample: Sample): string => `${labelText(labels)} ${sample.value} ${timeText(sample)}`;

// prompb/remote.proto and prompb/types.proto of Prometheus, as far as remote-write 1.0 has them.
const writeRequest = lookup(
  `
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; reserved 2; repeated MetricMetadata metadata = 3; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message MetricMetadata {
    enum MetricType { UNKNOWN = 0; COUNTER = 1; GAUGE = 2; HISTOGRAM = 3; GAUGEHISTOGRAM = 4; SUMMARY = 5; INFO = 6; STATESET = 7; }
    MetricType type = 1;
    string metric_family_name = 2;
    string help = 4;
    string unit = 5;
  }
`,
  'WriteRequest',
);

/** Reads a prometheus.WriteRequest. */
export const readWriteRequest = (bytes: Uint8Array): ReadRequest => {
  const { timeseries, metadata } = decoded(writeRequest, bytes) as {
    readonly timeseries: readonly { readonly labels: readonly Label[]; readonly samples: readonly Sample[] }[];
    readonly metadata: ReadRequest['metadata'];
  };
  const lines = timeseries.flatMap(({ labels, samples }) => samples.map((sample) => sampleText(labels, sample)));
  return { lines, metadata, stale: staleMarkers(bytes), samples: lines.length, histograms: 0, symbols: [] };
};

// prompb/io/prometheus/write/v2/types.proto of Prometheus, version 2.0-rc.4.
const request = lookup(
  `
  syntax = "proto3";
  package io.prometheus.write.v2;
  message Request { reserved 1 to 3; repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
  message TimeSeries {
    repeated uint32 labels_refs = 1;
    repeated Sample samples = 2;
    repeated Histogram histograms = 3;
    repeated Exemplar exemplars = 4;
    Metadata metadata = 5;
    reserved 6;
  }
  message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
  message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
  message Metadata {
    enum MetricType {
      METRIC_TYPE_UNSPECIFIED = 0;
      METRIC_TYPE_COUNTER = 1;
      METRIC_TYPE_GAUGE = 2;
      METRIC_TYPE_HISTOGRAM = 3;
      METRIC_TYPE_GAUGEHISTOGRAM = 4;
      METRIC_TYPE_SUMMARY = 5;
      METRIC_TYPE_INFO = 6;
      METRIC_TYPE_STATESET = 7;
    }
    MetricType type = 1;
    uint32 help_ref = 3;
    uint32 unit_ref = 4;
  }
  message Histogram {
    enum ResetHint { RESET_HINT_UNSPECIFIED = 0; RESET_HINT_YES = 1; RESET_HINT_NO = 2; RESET_HINT_GAUGE = 3; }
    oneof count { uint64 count_int = 1; double count_float = 2; }
    double sum = 3;
    sint32 schema = 4;
    double zero_threshold = 5;
    oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
    repeated BucketSpan negative_spans = 8;
    repeated sint64 negative_deltas = 9;
    repeated double negative_counts = 10;
    repeated BucketSpan positive_spans = 11;
    repeated sint64 positive_deltas = 12;
    repeated double positive_counts = 13;
    ResetHint reset_hint = 14;
    int64 timestamp = 15;
    repeated double custom_values = 16;
    int64 start_timestamp = 17;
  }
  message BucketSpan { sint32 offset = 1; uint32 length = 2; }
`,
  'io.prometheus.write.v2.Request',
);

interface Histogram extends Omit<Sample, 'value'> {
  readonly sum: number;
  readonly countInt: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCountInt: number;
  readonly positiveSpans: readonly { readonly offset: number; readonly length: number }[];
  readonly positiveDeltas: readonly number[];
}

const histogramText = ({
  sum,
  countInt,
  schema,
  zeroThreshold,
  zeroCountInt,
  positiveSpans,
  positiveDeltas,
  ...times
}: Histogram): string =>
  `${JSON.stringify({ count: countInt, sum, schema, zeroThreshold, zeroCount: zeroCountInt, spans: positiveSpans, deltas: positiveDeltas })} ${timeText(times)}`;

/** Reads an io.prometheus.write.v2.Request; what is wrong with it by the specification is an error. */
export const readRequest = (bytes: Uint8Array): ReadRequest => {
  const { symbols, timeseries } = decoded(request, bytes) as {
    readonly symbols: readonly string[];
    readonly timeseries: readonly {
      readonly labelsRefs: readonly number[];
      readonly samples: readonly Sample[];
      readonly histograms: readonly Histogram[];
      readonly metadata: { readonly type: string; readonly helpRef: number; readonly unitRef: number };
    }[];
  };
  if (symbols[0] !== '' || new Set(symbols).size !== symbols.length) throw new Error(`not a table of symbols: ${JSON.stringify(symbols)}`);
  const lines: string[] = [];
  const metadata = new Map<string, ReadRequest['metadata'][number]>();
  const referred = new Set([0]);
  const text = (ref: number): string => {
    referred.add(ref);
    if (symbols[ref] === undefined) throw new Error(`no symbol ${ref}`);
    return symbols[ref];
  };
  for (const { labelsRefs, samples, histograms, metadata: about } of timeseries) {
    const texts = labelsRefs.map(text);
    const labels = Array.from({ length: texts.length / 2 }, (_, index) => ({ name: texts[2 * index]!, value: texts[2 * index + 1]! }));
    if (samples.length + histograms.length !== 1)
      throw new Error(`${samples.length} samples and ${histograms.length} histograms in a series`);
    lines.push(...samples.map((sample) => sampleText(labels, sample)));
    lines.push(...histograms.map((histogram) => `${labelText(labels)} ${histogramText(histogram)}`));
    const metricFamilyName = labels.find(({ name }) => name === '__name__')!.value;
    const own = {
      ...{ type: about.type.replace('METRIC_TYPE_', ''), metricFamilyName },
      ...{ help: text(about.helpRef), unit: text(about.unitRef) },
    };
    const known = metadata.get(metricFamilyName) ?? own;
    if (JSON.stringify(known) !== JSON.stringify(own)) throw new Error(`two things: ${JSON.stringify([known, own])}`);
    metadata.set(metricFamilyName, own);
  }
  if (referred.size !== symbols.length) throw new Error('a symbol that nothing refers to');
  const histograms = timeseries.filter((series) => series.histograms.length > 0).length;
  const samples = lines.length - histograms;
  return { lines, metadata: [...metadata.values()], stale: staleMarkers(bytes), samples, histograms, symbols };
};
