import type { EventColumns, NfsBatch } from '@nfscope/model';
import type { ComponentContext, Lifecycle } from '@nfscope/pipeline';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import { BehaviorSubject, map, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { Config } from './config.ts';
import { levelOf, limitsOf, usageOf, type Level } from './limits.ts';
import { processMemory, type Memory } from './memory.ts';

/** Between two collections: the first wait, and what it doubles to while they do not help. One of a heap of 100 MB takes 50 ms. */
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;

/** A processor of any signal that says when receivers should be held. */
export interface MemoryLimiter<B> extends Pick<Required<Lifecycle>, 'start'> {
  readonly process: MonoTypeOperatorFunction<B>;
  readonly held: Observable<boolean>;
  shutdown(): Promise<void>;
}

/**
 * Over the soft limit `shed` takes the detail out of each batch and says how much that was; over the hard one receivers
 * are held until memory is below the soft limit again, and garbage collections are asked for, ever less often if they do not help.
 */
export const memoryLimiter = <B>(
  config: Config,
  { id, log, version, meter = metrics.getMeter('nfscope', version) }: ComponentContext,
  shed: (batch: B) => { readonly batch: B; readonly dropped: number },
  memory: Memory = processMemory(),
): MemoryLimiter<B> => {
  const limits = limitsOf(config, memory);
  const held = new BehaviorSubject(false);
  let level: Level = 'normal';
  let timer: NodeJS.Timeout | undefined;
  let waitMs = FIRST_WAIT_MS;
  let nextCollection = -Infinity;
  const processor = { processor: id };
  const counter = ({ name, description, unit }: MetricDefinition) => {
    const made = meter.createCounter(name, { description, unit });
    made.add(0, processor);
    return made;
  };
  const dropped = counter(ownMetric.MEMORY_LIMITER_DROPPED);
  const holds = counter(ownMetric.MEMORY_LIMITER_HOLDS);
  const collections = counter(ownMetric.MEMORY_LIMITER_COLLECTIONS);
  const gauge = ({ name, description, unit }: MetricDefinition) => meter.createObservableGauge(name, { description, unit });
  const usage = gauge(ownMetric.MEMORY_LIMITER_USAGE);
  const limit = gauge(ownMetric.MEMORY_LIMITER_LIMIT);
  const observeUsage: Parameters<typeof usage.addCallback>[0] = (result) => result.observe(usageOf(memory.read()), processor);
  const observeLimits: Parameters<typeof limit.addCallback>[0] = (result) => {
    for (const kind of ['soft', 'hard'] as const) result.observe(limits[kind], { ...processor, limit: kind });
  };

  const relieve = (): void => {
    const now = performance.now();
    if (now < nextCollection) return;
    memory.collect();
    collections.add(1, processor);
    nextCollection = now + waitMs;
    waitMs = Math.min(MAX_WAIT_MS, waitMs * 2);
  };
  const look = (): void => {
    let now = levelOf(memory.read(), limits);
    if (now === 'hard') {
      relieve();
      now = levelOf(memory.read(), limits);
    }
    if (now === 'normal') waitMs = FIRST_WAIT_MS;
    // Held until there is room again, so that it does not swing at the limit.
    const hold = now === 'hard' || (held.value && now !== 'normal');
    if (now !== level) tell(now);
    level = now;
    if (hold === held.value) return;
    if (hold) holds.add(1, processor);
    held.next(hold);
  };
  const tell = (now: Level): void => {
    const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024);
    const reading = memory.read();
    const heap = { heap_mib: mib(reading.heapUsed), heap_soft_mib: mib(limits.softHeap), heap_hard_mib: mib(limits.hardHeap) };
    const fields = { usage_mib: mib(usageOf(reading)), soft_mib: mib(limits.soft), hard_mib: mib(limits.hard), ...heap };
    if (now === 'normal') log.info('memory is below its limits again', fields);
    else if (now === 'soft') log.warn('memory is over the soft limit: events are dropped, totals stay exact', fields);
    else log.warn('memory is over the hard limit: receivers are held', fields);
  };

  return {
    held,
    process: map((batch) => {
      // A batch may be what fills the memory, and a timer comes late when the process is busy.
      if (timer) look();
      if (level === 'normal') return batch;
      const rest = shed(batch);
      dropped.add(rest.dropped, processor);
      return rest.batch;
    }),
    async start() {
      usage.addCallback(observeUsage);
      limit.addCallback(observeLimits);
      timer = setInterval(look, config.check_interval);
      look();
    },
    async shutdown() {
      clearInterval(timer);
      timer = undefined;
      usage.removeCallback(observeUsage);
      limit.removeCallback(observeLimits);
      if (held.value) held.next(false);
    },
  };
};

const emptied = ({ events }: NfsBatch): EventColumns =>
  Object.fromEntries(
    // Columns of their own: a view of no length would keep the whole buffer.
    Object.entries(events).map(([name, column]) => [
      name,
      typeof column === 'number' ? 0 : new (column.constructor as Uint32ArrayConstructor)(0),
    ]),
  ) as unknown as EventColumns;

/** Takes the events out of a batch of operations: each is in the totals too. */
export const shedEvents = (batch: NfsBatch): { readonly batch: NfsBatch; readonly dropped: number } =>
  batch.events.length === 0 ? { batch, dropped: 0 } : { batch: { ...batch, events: emptied(batch) }, dropped: batch.events.length };

/** A snapshot of metrics is all totals, and spans and log records are few: there is no detail to take out. */
export const shedNothing = <B>(batch: B): { readonly batch: B; readonly dropped: number } => ({ batch, dropped: 0 });
