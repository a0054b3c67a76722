import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import type { NfsBatch } from '@nfscope/model';
import { DURATION_BOUNDS, metric } from '@nfscope/semconv';
import { filter, map, Subject, tap } from 'rxjs';
import { pointAttributesOf, resourceOf } from './attribute-sets.ts';
import { eventHistogram } from './event-histogram.ts';
import { eachEvent, type EventObject } from './event-object.ts';
import type { FakeKernel } from './fake-kernel.ts';
import { fullRing, SOURCES } from './full-ring.ts';
import type { Row } from './row.ts';
import { interleave, ratioOf, spreadOf } from './spread.ts';
import type { Insides } from './tree.ts';

const ROUNDS = 15;
const EVENTS = 60_000;
/** The alternatives that are slow get fewer. */
const FEWER = 15_000;
const BUDGET = 3;
const TIMES = 50;

/** Histogram.record of the SDK, with one series for each source, within its limits. */
const sdkHistogram = () => {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const { name, unit, description } = metric.IO_DURATION;
  const provider = new MeterProvider({
    readers: [reader],
    views: [
      {
        instrumentName: name,
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [...DURATION_BOUNDS] } },
        aggregationCardinalityLimit: SOURCES * 2,
      },
    ],
  });
  return { histogram: provider.getMeter('bench').createHistogram(name, { unit, description }), provider };
};

/** From the ring of events to columns, and on to histograms, each beside what is common. */
export const eventPath = async (parts: Insides, kernel: FakeKernel): Promise<Row[]> => {
  const ring = fullRing(parts, kernel);
  const { session, config } = ring;
  const { histogram, provider } = sdkHistogram();
  try {
    const drain = parts.readEvents(session);
    const read = parts.batchReader(session, config);

    // Millions of events a second of one measurement; the filling is not in it.
    const timed = (events: number, work: () => number): number => {
      ring.fill(events);
      const from = performance.now();
      const done = work();
      const ms = performance.now() - from;
      if (done !== events) throw new Error(`${done} of ${events} events came out`);
      return events / ms / 1000;
    };

    // Every source is known before anything is measured, as it is on a node that has run for a while.
    ring.fill(SOURCES * 5);
    read(Date.now(), { totals: true });
    const counted = eventHistogram(config.duration_bounds, 1);
    const batches = new Subject<NfsBatch>();
    batches.pipe(filter(({ events }) => events.length > 0)).subscribe(counted.add);

    // By row of totals, as ready as it gets: both know the series of an event by one look-up.
    const attributes = Array.from({ length: config.max_rows }, (_, row) => ({
      ...resourceOf(row % SOURCES),
      ...pointAttributesOf(row % SOURCES, 1),
    }));
    const resources = attributes.map((_, row) => resourceOf(row % SOURCES));
    const points = attributes.map((_, row) => pointAttributesOf(row % SOURCES, 1));
    const events = new Subject<EventObject>();
    events
      .pipe(
        filter(({ status }) => status >= 0),
        map((event) => ({ ...event, resource: resources[event.row]!, point: points[event.row]! })),
        map(({ duration, resource, point }) => ({ duration, attributes: { ...resource, ...point } })),
        // The SDK's type has mutable arrays; nobody writes to them.
        tap(({ duration, attributes: all }) => histogram.record(duration, all as Record<string, string>)),
      )
      .subscribe();

    const runs = interleave(ROUNDS, {
      columns: () => timed(EVENTS, () => drain().length),
      objects: () => {
        const list: EventObject[] = [];
        return timed(EVENTS, () => eachEvent(session, (event) => void list.push(event)));
      },
      batched: () =>
        timed(EVENTS, () => {
          const batch = read(Date.now(), { totals: false })!;
          batches.next(batch);
          return batch.events.length;
        }),
      recorded: () =>
        timed(FEWER, () =>
          eachEvent(session, ({ duration, row }) => histogram.record(duration, attributes[row] as Record<string, string>)),
        ),
      operators: () => timed(FEWER, () => eachEvent(session, (event) => events.next(event))),
    });
    if (counted.count() !== ROUNDS * EVENTS) throw new Error(`${counted.count()} of ${ROUNDS * EVENTS} events are in histograms`);

    const batched = spreadOf(runs.batched);
    const times = ratioOf(runs.batched, runs.operators);
    return [
      {
        what: 'events: ring to memory of JavaScript',
        unit: 'M events/s',
        budget: undefined,
        measured: spreadOf(runs.columns),
        alternative: { name: 'an object an event', measured: spreadOf(runs.objects) },
        ratio: ratioOf(runs.columns, runs.objects),
        met: undefined,
      },
      {
        what: `events: ring to histogram, ${SOURCES} sources`,
        unit: 'M events/s',
        budget: `>= ${BUDGET}`,
        measured: batched,
        alternative: { name: 'Histogram.record alone', measured: spreadOf(runs.recorded) },
        ratio: ratioOf(runs.batched, runs.recorded),
        met: batched.median >= BUDGET,
      },
      {
        what: 'events: the same, beside operators for each event',
        unit: 'M events/s',
        budget: `>= ${TIMES} times`,
        measured: batched,
        alternative: { name: 'operators and record for each event', measured: spreadOf(runs.operators) },
        ratio: times,
        met: times.median >= TIMES,
      },
    ];
  } finally {
    await provider.shutdown();
    session.close();
  }
};
