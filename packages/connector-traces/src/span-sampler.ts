import { bucketOf, type Attributes, type NfsBatch, type Span, type Sources, type TracesBatch } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import { errorName, ownMetric } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import type { Config } from './config.ts';
import { randomIds } from './random-ids.ts';
import { rateCap, type RateCap } from './rate-cap.ts';
import { slowLimits, type SlowLimits } from './slow-limits.ts';
import { spanOf, type SpanOfEvent } from './span.ts';

/** The most spans that wait for the name of their source: 16 MB where all have a path. */
const MOST_HELD = 10_000;
/** How often it is said that spans were dropped. */
const SAY_MS = 60_000;

/** A span that waits for its source to be named. */
interface Held {
  readonly sources: Sources;
  readonly source: number;
  readonly span: SpanOfEvent;
}

/** Makes spans of the events that are slow or failed, as many as the rate of their source allows. */
export interface SpanSampler {
  /** Undefined when there is no span to send. */
  take(batch: NfsBatch): TracesBatch | undefined;
  /** What is held back, since nobody is going to name it now. */
  release(): TracesBatch | undefined;
}

export const spanSampler = (
  config: Config,
  { id, log, version, meter = metrics.getMeter('nfscope', version) }: ComponentContext,
): SpanSampler => {
  const { threshold, quantile, failed, rate, burst, grace } = config;
  const scope = Object.freeze({ name: `@nfscope/connector-traces${id.replace(/^[^/]*/, '')}`, version });
  const expected = new Set(config.expected_errors);
  const newId = randomIds();
  const receivers = new WeakMap<Sources, { readonly cap: RateCap; readonly slow: SlowLimits }>();
  let held: Held[] = [];
  let timeMs = 0;
  /** Since it was said last. */
  let dropped = 0;
  let saidMs = -Infinity;
  const { name, description, unit } = ownMetric.TRACES_DROPPED;
  const counter = meter.createCounter(name, { description, unit });
  for (const reason of ['rate', 'held']) counter.add(0, { connector: id, reason });

  const drop = (count: number, reason: 'rate' | 'held'): void => {
    if (count === 0) return;
    counter.add(count, { connector: id, reason });
    dropped += count;
  };
  const say = (): void => {
    // Both ways, since the clock may be set back.
    if (dropped === 0 || Math.abs(timeMs - saidMs) < SAY_MS) return;
    log.warn('spans of slow and failed operations were dropped', { dropped, rate, burst });
    [dropped, saidMs] = [0, timeMs];
  };

  const receiverOf = (sources: Sources): { readonly cap: RateCap; readonly slow: SlowLimits } => {
    let receiver = receivers.get(sources);
    if (receiver === undefined) {
      receivers.set(sources, (receiver = { cap: rateCap(rate, burst), slow: slowLimits(threshold / 1000, quantile) }));
    }
    return receiver;
  };
  const isHeld = (sources: Sources, source: number): boolean => {
    const { waiting, firstSeenMs } = sources.at(source);
    return waiting.size > 0 && timeMs - firstSeenMs < grace;
  };

  /** Takes out what need not wait any longer. */
  const named = (): Held[] => {
    const ready = held.filter(({ sources, source }) => !isHeld(sources, source));
    if (ready.length > 0) held = held.filter(({ sources, source }) => isHeld(sources, source));
    return ready;
  };

  const batchOf = (ready: readonly Held[]): TracesBatch | undefined => {
    if (ready.length === 0) return undefined;
    const resources: Attributes[] = [];
    const indexOf = new Map<Attributes, number>();
    const spans = ready.map(({ sources, source, span }): Span => {
      const { resource, attributes } = sources.at(source);
      let index = indexOf.get(resource);
      if (index === undefined) indexOf.set(resource, (index = resources.push(resource) - 1));
      return { ...span, attributes: { ...attributes, ...span.attributes }, resource: index };
    });
    return { timeMs, resources, scope, spans };
  };

  return {
    take(batch) {
      const { events, sources, operations, bounds } = batch;
      const { cap, slow } = receiverOf(sources);
      timeMs = batch.timeMs;
      const ready = named();
      const limits = slow.limits(operations.length);
      let [overRate, overHeld] = [0, 0];
      for (let i = 0; i < events.length; i++) {
        const operation = events.operation[i]!;
        const error = events.error[i]!;
        if (events.duration[i]! < limits[operation]!) {
          if (error === 0 || !failed || expected.has(errorName(error, operations[operation]!.version)!)) continue;
        }
        const source = events.source[i]!;
        if (!cap.take(source, timeMs)) {
          overRate++;
          continue;
        }
        const waits = isHeld(sources, source);
        if (waits && held.length >= MOST_HELD) {
          overHeld++;
          continue;
        }
        const span = spanOf(batch, i, config, newId);
        (waits ? held : ready).push({ sources, source, span });
        const value = events.duration[i]!;
        const { traceId, spanId, endMs } = span;
        const exemplar = { bucket: bucketOf(bounds.duration, value), value, timeMs: endMs, traceId, spanId };
        sources.sampled.add({ source, operation, error, exemplar });
      }
      slow.learn(events, timeMs);
      drop(overRate, 'rate');
      drop(overHeld, 'held');
      say();
      return batchOf(ready);
    },
    release() {
      const rest = held;
      held = [];
      return batchOf(rest);
    },
  };
};
