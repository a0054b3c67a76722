import { accessOf, apiServer, paced, requireNodeName, type ApiServer } from '@nfscope/kubernetes';
import type { LogsBatch } from '@nfscope/model';
import { inTime, PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import { allowance } from './allowance.ts';
import type { Config } from './config.ts';
import { tell } from './event-requests.ts';
import { eventOf, regardingOf, seriesKey } from './event.ts';
import { refusalOf, refusalText, retryOf, type Refusal } from './refusal.ts';
import { seriesMemory, type Series } from './series.ts';

/** Sends records as Events. */
export type K8sEventsExporter = Required<Pick<Exporter<'logs'>, 'start' | 'export' | 'shutdown'>>;

/** 50 requests a second at most, as kubelet's eventRecordQPS. */
const BETWEEN_MS = 20;
/** Until a right that was not given is asked for again. */
const FORBIDDEN_MS = 300_000;

/** The clock of rates, milliseconds; a test's own runs faster. */
type Clock = () => number;

/** What records tell of pods and of the node, as Events that regard them. */
export const k8sEventsExporter = (
  config: Config,
  { id, version, meter = metrics.getMeter('nfscope', version) }: ComponentContext,
  now: Clock = () => performance.now(),
): K8sEventsExporter => {
  const counter = ({ name, description, unit }: MetricDefinition) => meter.createCounter(name, { description, unit });
  const [dropped, refused] = [counter(ownMetric.K8S_EVENTS_DROPPED), counter(ownMetric.K8S_EVENTS_REFUSED)];
  // The metrics exist before there is anything to count.
  dropped.add(0, { exporter: id });
  for (const reason of ['forbidden', 'gone', 'invalid'] satisfies Refusal[]) refused.add(0, { exporter: id, reason });

  const wanted = new Set<string>(config.events);
  const memory = seriesMemory(config.series, (count) => dropped.add(count, { exporter: id }));
  const allowed = allowance(config.burst, config.refill);
  /** What was forbidden, by verb and namespace, until when, with what was said. */
  const forbidden = new Map<string, { readonly untilMs: number; readonly said: string }>();
  const entered = new WeakSet<LogsBatch>();
  let running: { readonly server: ApiServer; readonly node: string } | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const enter = ({ records, resources, timeMs }: LogsBatch, node: string): void => {
    memory.tidy(timeMs);
    for (const record of records) {
      if (!wanted.has(record.eventName)) continue;
      const event = eventOf(record, regardingOf(resources[record.resource]!, node), node);
      memory.enter(seriesKey(event, record.attributes), event, record.timeMs);
    }
  };

  const refuse = (series: Series, reason: Refusal): void => refused.add(memory.end(series), { exporter: id, reason });

  /** Tells of one, or nobody will. Returns what a person should know; throws what may be tried again. */
  const settle = async (server: ApiServer, series: Series, deadline: AbortSignal): Promise<string | undefined> => {
    const { metadata, regarding } = series.event;
    const right = `${series.isMade ? 'patch' : 'create'} ${metadata.namespace}`;
    const known = forbidden.get(right);
    if (known !== undefined && now() < known.untilMs) {
      refuse(series, 'forbidden');
      return known.said;
    }
    const who = JSON.stringify(regarding);
    if (!allowed.has(who, now())) return undefined;
    const error: unknown = await tell(server, series, deadline).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const reason = refusalOf(error);
    // Who is not asked properly, or in vain, is not asked any less.
    if (error !== undefined && reason === undefined) throw retryOf(error);
    allowed.take(who, now());
    if (reason === undefined) {
      forbidden.delete(right);
      return undefined;
    }
    refuse(series, reason);
    if (reason === 'gone') return undefined;
    const said = refusalText(error);
    if (reason === 'forbidden') forbidden.set(right, { untilMs: now() + FORBIDDEN_MS, said });
    return said;
  };

  const send = async (batch: LogsBatch, deadline: AbortSignal): Promise<void> => {
    if (running === undefined) throw new PermanentError('the exporter is not running');
    // Once: an attempt that failed is made again with the same batch, and what it did not tell is due still.
    if (!entered.has(batch)) enter(batch, running.node);
    entered.add(batch);
    const { server } = running;
    let first: string | undefined;
    for (const series of memory.due()) {
      const said = await settle(server, series, deadline);
      first ??= said;
    }
    if (first === undefined) return;
    const error = new PermanentError(first);
    delete error.stack;
    throw error;
  };

  return {
    async start() {
      const node = requireNodeName(config, id, 'node');
      const access = await accessOf(config, id);
      running = { node, server: paced(apiServer(access, `nfscope/${version}`), BETWEEN_MS) };
    },
    async export(batch, deadline) {
      // One at a time, whatever num_consumers is: what is due is due once.
      const before = turn;
      const mine = inTime(before, deadline).then(() => send(batch, deadline));
      turn = Promise.allSettled([before, mine]);
      return mine;
    },
    async shutdown() {
      running = undefined;
      dropped.add(memory.endAll(), { exporter: id });
    },
  };
};
