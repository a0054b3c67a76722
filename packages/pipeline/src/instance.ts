import type { Meter } from '@opentelemetry/api';
import type { ComponentContext, Lifecycle, Logger, Signal } from './component.ts';
import type { ComponentState, HostView } from './host.ts';
import type { PlannedComponent } from './plan.ts';

/** A component of a plan that was created: one for each id and signal, however many pipelines name it. */
export interface Instance {
  readonly key: string;
  readonly planned: PlannedComponent;
  readonly signal: Signal | undefined;
  readonly component: Lifecycle;
  readonly state: ComponentState;
  /** That of the component, which keeps `state` up to date. */
  readonly lifecycle: Required<Lifecycle>;
}

/** Connectors and extensions have one instance, whatever flows. */
const ofOneSignal = ({ kind }: PlannedComponent): boolean => kind !== 'connector' && kind !== 'extension';

export const instanceKey = (planned: PlannedComponent, signal: Signal | undefined): string =>
  ofOneSignal(planned) ? `${planned.kind} ${planned.id} ${signal}` : `${planned.kind} ${planned.id}`;

export const componentLog = (log: Logger, component: string): Logger => ({
  debug: (message, fields) => log.debug(message, { component, ...fields }),
  info: (message, fields) => log.info(message, { component, ...fields }),
  warn: (message, fields) => log.warn(message, { component, ...fields }),
  error: (message, fields) => log.error(message, { component, ...fields }),
});

export interface InstanceContext {
  readonly log: Logger;
  readonly version: string;
  readonly meter?: Meter;
  readonly view: HostView;
}

/** Throws what the component's factory throws; starts nothing. */
export const createInstance = (planned: PlannedComponent, signal: Signal | undefined, host: InstanceContext): Instance => {
  const { kind, id, factory, config, sending } = planned;
  const { log, version, meter, view } = host;
  const context: ComponentContext = {
    id,
    version,
    log: componentLog(log, `${kind} ${id}`),
    ...(meter && { meter }),
    ...(sending && { timeoutMs: sending.timeout }),
  };
  const create = (): Lifecycle => {
    if (factory.kind === 'extension') return factory.create(config, context, view);
    if (factory.kind === 'connector') return factory.create(config, context);
    return factory.signals[signal!]!.create(config, context);
  };
  const component = create();
  const instance = {
    key: instanceKey(planned, signal),
    planned,
    signal: ofOneSignal(planned) ? signal : undefined,
    component,
    state: 'created' as ComponentState,
  };
  const step = async (during: ComponentState, after: ComponentState, work: () => Promise<void> | undefined): Promise<void> => {
    instance.state = during;
    try {
      await work();
      instance.state = after;
    } catch (error) {
      instance.state = 'failed';
      throw error;
    }
  };
  return Object.assign(instance, {
    lifecycle: {
      start: () => step('starting', 'running', () => component.start?.()),
      shutdown: (deadline: AbortSignal) => step('stopping', 'stopped', () => component.shutdown?.(deadline)),
    },
  });
};
