import type { Session } from '@nfscope/native';
import type { Meter, ObservableResult } from '@opentelemetry/api';
import { ownMetric } from '@nfscope/semconv';
import type { Reader } from './reader.ts';

/** Bytes by ring, as in maps.bpf.h and the configuration. */
type Limits = Readonly<Record<'events' | 'identities', number>>;

/** A reader that tells how long it reads and how full it finds the rings; until `close`. */
export function measureReader(read: Reader, session: Session, limits: Limits, meter: Meter): { readonly read: Reader; close(): void } {
  const options = ({ unit, description }: { readonly unit: string; readonly description: string }) => ({ unit, description });
  const { RECEIVER_READ_DURATION, RING_USAGE, RING_LIMIT } = ownMetric;
  const duration = meter.createHistogram(RECEIVER_READ_DURATION.name, {
    ...options(RECEIVER_READ_DURATION),
    // A look at idle rings takes some 50 us; what holds the event loop for longer than 20 ms is a fault.
    advice: { explicitBucketBoundaries: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5] },
  });
  const usage = meter.createObservableGauge(RING_USAGE.name, options(RING_USAGE));
  const limit = meter.createObservableGauge(RING_LIMIT.name, options(RING_LIMIT));
  const rings = Object.keys(limits) as (keyof Limits)[];
  const most = { events: 0, identities: 0 };
  const tellUsage = (result: ObservableResult): void => {
    for (const ring of rings) {
      result.observe(most[ring], { ring });
      most[ring] = 0;
    }
  };
  const tellLimit = (result: ObservableResult): void => rings.forEach((ring) => result.observe(limits[ring], { ring }));
  usage.addCallback(tellUsage);
  limit.addCallback(tellLimit);
  return {
    read(ms, due) {
      const began = performance.now();
      for (const ring of rings) most[ring] = Math.max(most[ring], session.unread(ring));
      const batch = read(ms, due);
      duration.record((performance.now() - began) / 1000);
      return batch;
    },
    close() {
      usage.removeCallback(tellUsage);
      limit.removeCallback(tellLimit);
    },
  };
}
