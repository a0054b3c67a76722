import type { Attributes } from './attributes.ts';
import type { Exemplars } from './exemplars.ts';

/** Points of one metric as columns; row i of each column is one point. Times are milliseconds since the Unix epoch. */
export interface Points {
  readonly length: number;
  /** Index into `resources` of the batch. */
  readonly resource: Uint32Array;
  /** One object per series for as long as the series lives: a key for caches of rendered labels. */
  readonly attributes: readonly Attributes[];
  /** When each series began. */
  readonly startMs: Float64Array;
}

/** Points of a counter or a gauge, in the unit of their metric. */
export interface NumberPoints extends Points {
  readonly value: Float64Array;
}

/** Points of a histogram; bounds and sums are in the unit of their metric. */
export interface HistogramPoints extends Points {
  /** Upper bounds, inclusive, ascending; empty when only sum and count are kept. */
  readonly bounds: readonly number[];
  /** Not cumulative over buckets. `bounds.length + 1` a point; point i starts at i * (bounds.length + 1). */
  readonly buckets: Float64Array;
  readonly count: Float64Array;
  readonly sum: Float64Array;
  /** Operations that became spans, where any did. */
  readonly exemplars?: Exemplars;
}

interface Descriptor {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

/** How a quantity of operations is distributed, since `startMs`. */
export interface HistogramMetric extends Descriptor {
  readonly type: 'histogram';
  /** Sets of points that differ in their bounds. */
  readonly points: readonly HistogramPoints[];
}

/** What only grows, since `startMs`. */
export interface CounterMetric extends Descriptor {
  readonly type: 'counter';
  readonly points: NumberPoints;
}

/** How something stands at the time of the batch. */
export interface GaugeMetric extends Descriptor {
  readonly type: 'gauge';
  /** What becomes of the values of points that become one, as when the attribute that told them apart is taken away. Absent: the largest. */
  readonly join?: 'sum' | 'min' | 'max';
  readonly points: NumberPoints;
}

/** One metric of a snapshot and all its points; names and UCUM units are in @nfscope/semconv. */
export type Metric = HistogramMetric | CounterMetric | GaugeMetric;

/** A whole, cumulative snapshot: every live series is in every batch. */
export interface MetricsBatch {
  readonly timeMs: number;
  /** One object per resource for as long as it lives. */
  readonly resources: readonly Attributes[];
  readonly scope: { readonly name: string; readonly version: string };
  readonly metrics: readonly Metric[];
}
