import type { HistogramPoints, NumberPoints } from '@nfscope/model';
import type { Family, LabelPair, Labels } from '@nfscope/model/prometheus';

/** What Prometheus is told of a metric. */
export type MetricHead = Pick<Family, 'name' | 'type' | 'unit' | 'help'>;

/** A message, and what is in it. */
export interface WriteRequest {
  readonly bytes: Uint8Array;
  readonly samples: number;
  /** Native ones. */
  readonly histograms: number;
}

/** Of one metric, its points of the same bounds. */
export interface PointWriter {
  /** In how many series of Prometheus a point is: each gets a sample, or a native histogram. */
  readonly series: number;
  put(labels: Labels, points: HistogramPoints | NumberPoints, point: number): void;
  /** The markers that its series have ended. */
  end(labels: Labels): void;
}

/** Messages of one snapshot, one behind the other. */
export interface RequestWriter {
  /** Samples and native histograms of this request so far. */
  size(): number;
  /** `bounds` are those of a histogram. */
  pointsOf(head: MetricHead, bounds: readonly number[] | undefined): PointWriter;
  /** All of it; the next request begins. */
  take(): WriteRequest;
}

/** A protobuf message that a snapshot can be sent as, by one exporter. */
export interface Format {
  /** Labels as they are kept for as long as their series lives: equal bytes for equal labels. */
  render(pairs: readonly LabelPair[]): Uint8Array;
  /** `heads` are all metrics that may come; `timeMs` is since the Unix epoch. */
  requestWriter(timeMs: number, heads: readonly MetricHead[]): RequestWriter;
}

/** What a metric is, by the numbers that both messages have for it. */
export const metricTypes = { counter: 1, gauge: 2, histogram: 3, info: 6 } as const;

/** Prometheus' value.StaleNaN, 0x7ff0000000000002: as bytes, since JavaScript may make any other NaN of it. */
export const staleNaN = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);
