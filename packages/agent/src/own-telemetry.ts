import { cpuUsage, memoryUsage, uptime } from 'node:process';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { httpServer, NfscopeError, sayPlain, type HttpServer, type Logger, type TelemetryConfig } from '@nfscope/pipeline';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import type { Meter } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

type MetricsConfig = TelemetryConfig['metrics'];

const ID = 'service::telemetry::metrics';
const DEFAULT_ENDPOINT = 'localhost:8888';
/** Ten looks a second at how late the event loop is: less than 0.1 % of a core. */
const DELAY_RESOLUTION_MS = 100;

/** What the agent tells of itself: a meter for its components, and a page for Prometheus. */
export interface OwnTelemetry {
  readonly meter: Meter;
  /** Serves as configured from now on. Throws NFS-301, and then serves what it served before. */
  serve(config: MetricsConfig): Promise<void>;
  /** Where the page is, while it is served. */
  url(): string | undefined;
  /** Whether what runs is what the files of the configuration say; told after each reload. */
  reloaded(current: boolean): void;
  shutdown(deadline: AbortSignal): Promise<void>;
}

export const ownTelemetry = (version: string, log: Logger): OwnTelemetry => {
  // Never listens itself: its server has no limits, and takes environment variables for its address.
  const reader = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const resource = resourceFromAttributes({ 'service.name': 'nfscope', 'service.version': version });
  const provider = new MeterProvider({ readers: [reader], resource });
  const meter = provider.getMeter('nfscope', version);
  const closeProcess = observeProcess(meter);
  let current = true;
  observe(meter, ownMetric.CONFIGURATION_CURRENT, () => (current ? 1 : 0));
  const { name, ...options } = ownMetric.CONFIGURATION_RELOADS;
  const reloads = meter.createCounter(name, options);

  let server: HttpServer | undefined;
  let served: MetricsConfig | undefined;
  const listen = async (config: MetricsConfig, deadline: AbortSignal): Promise<void> => {
    await server?.shutdown(deadline);
    server = undefined;
    if (config.level === 'none') return;
    const next = httpServer(config.endpoint ?? DEFAULT_ENDPOINT, page(reader), { id: ID, log });
    try {
      await next.start();
      server = next;
    } catch (error) {
      // Whoever asked for no address is not refused the start for one.
      if (config.endpoint !== undefined || !(error instanceof NfscopeError)) throw error;
      log.warn('its own metrics are not served', { reason: error.message, mend: `set ${ID}::endpoint, or ::level to none` });
    }
  };

  return {
    meter,
    url: () => (server?.url() === undefined ? undefined : `${server.url()}/metrics`),
    async serve(config) {
      if (served && served.level === config.level && served.endpoint === config.endpoint) return;
      const before = served;
      try {
        await listen(config, AbortSignal.timeout(1_000));
        served = config;
      } catch (error) {
        if (before) await listen(before, AbortSignal.timeout(1_000));
        throw error;
      }
    },
    reloaded(taken) {
      current = taken;
      reloads.add(1, { outcome: taken ? 'success' : 'failure' });
    },
    async shutdown(deadline) {
      closeProcess();
      await server?.shutdown(deadline);
      await provider.shutdown();
    },
  };
};

const page =
  (reader: PrometheusExporter): Parameters<typeof httpServer>[1] =>
  (request, response) => {
    if (request.url?.split('?', 1)[0] === '/metrics') reader.getMetricsRequestHandler(request, response);
    else sayPlain(response, 404, 'There is nothing here. The metrics are at /metrics\n');
  };

const observe = (meter: Meter, { name, type, ...options }: MetricDefinition, value: () => number): void => {
  const instrument = type === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options);
  instrument.addCallback((result) => result.observe(value()));
};

/** Read when the page is, but for how late the event loop is. */
const observeProcess = (meter: Meter): (() => void) => {
  observe(meter, ownMetric.PROCESS_UPTIME, uptime);
  observe(meter, ownMetric.PROCESS_CPU, () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1e6;
  });
  observe(meter, ownMetric.PROCESS_RSS, () => memoryUsage.rss());
  observe(meter, ownMetric.PROCESS_HEAP, () => memoryUsage().heapUsed);
  observe(meter, ownMetric.PROCESS_EXTERNAL, () => memoryUsage().external);
  let before = performance.eventLoopUtilization();
  observe(meter, ownMetric.EVENT_LOOP_UTILIZATION, () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  });
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  // What it measures is from one look to the next.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - DELAY_RESOLUTION_MS / 1000);
  observe(meter, ownMetric.EVENT_LOOP_DELAY_P99, () => late(delay.percentile(99)));
  observe(meter, ownMetric.EVENT_LOOP_DELAY_MAX, () => {
    const { max } = delay;
    delay.reset();
    return late(max);
  });
  return () => void delay.disable();
};
