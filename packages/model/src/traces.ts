import type { Attributes } from './attributes.ts';

/** Something that happened while a span went on. */
export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since the Unix epoch, with fractions. */
  readonly timeMs: number;
  readonly attributes: Attributes;
}

/** An operation that has ended. Times are milliseconds since the Unix epoch, with fractions: a double holds them to 0.25 us. */
export interface Span {
  /** 32 lower case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower case hex digits, not all zero. */
  readonly spanId: string;
  /** Absent in a root. */
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Index into `resources` of the batch. */
  readonly resource: number;
  readonly events: readonly SpanEvent[];
  /** Why it failed; absent in one that did not. */
  readonly error?: string;
}

/** Spans that have ended since the batch before. No span is in two batches. */
export interface TracesBatch {
  readonly timeMs: number;
  /** One object per resource for as long as it lives. */
  readonly resources: readonly Attributes[];
  readonly scope: { readonly name: string; readonly version: string };
  readonly spans: readonly Span[];
}
