import type { NfsBatch } from '@nfscope/model';
import type { ComponentContext, Processor, Signal, Signals } from '@nfscope/pipeline';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import { defer, filter, finalize, map, tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { Config } from './config.ts';
import { filterOperations, type Filtered } from './filters.ts';
import { countLeftOut, type LeftOut } from './left-out.ts';

/** Leaves out of each batch what `of` does, and counts it as `metric`. A batch that had something and has nothing left goes if it `isEmpty`. */
export const filterProcessor = <S extends Signal>(
  { id, version, meter = metrics.getMeter('nfscope', version) }: ComponentContext,
  { name, description, unit }: MetricDefinition,
  of: (batch: Signals[S]) => Filtered<Signals[S]>,
  isEmpty: (batch: Signals[S]) => boolean = () => false,
): Processor<S> => {
  const counter = meter.createCounter(name, { description, unit });
  const own = { filter: id };
  counter.add(0, own);
  return {
    process: (batches) =>
      batches.pipe(
        map(of),
        tap(({ dropped }) => dropped > 0 && counter.add(dropped, own)),
        filter(({ batch, dropped }) => dropped === 0 || !isEmpty(batch)),
        map(({ batch }) => batch),
      ),
  };
};

type OperationsProcessor = Processor<'nfs'> & { start(): Promise<void>; shutdown(): Promise<void> };

/** The same of operations, of which what is left out of totals is told as it stands. */
export const filterNfs = (config: Config, context: ComponentContext): OperationsProcessor => {
  const { id, version, meter = metrics.getMeter('nfscope', version) } = context;
  const { process } = filterProcessor<'nfs'>(context, ownMetric.FILTER_EVENTS, filterOperations(config));
  const { name, description, unit } = ownMetric.FILTER_OPERATIONS;
  const gauge = meter.createObservableGauge(name, { description, unit });
  const streams = new Set<LeftOut>();
  const observe: Parameters<typeof gauge.addCallback>[0] = (result) =>
    result.observe(
      [...streams].reduce((sum, stream) => sum + stream.operations(), 0),
      { filter: id },
    );
  const counted: MonoTypeOperatorFunction<NfsBatch> = (batches) =>
    defer(() => {
      const stream = countLeftOut();
      streams.add(stream);
      return batches.pipe(
        tap((batch) => stream.take(batch)),
        finalize(() => streams.delete(stream)),
      );
    });
  return {
    process: (batches) => batches.pipe(process, counted),
    start: async () => gauge.addCallback(observe),
    shutdown: async () => gauge.removeCallback(observe),
  };
};
