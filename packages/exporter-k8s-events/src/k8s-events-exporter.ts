import { accessOf, apiServer, paced, requireNodeName, type ApiServer } from '@nfscope/kubernetes';
import type { LogsBatch } from '@nfscope/model';
import { inTime, PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import { allowance } from './allowance.ts';
import type { Config } from './config.ts';
import { tell } from './event-requests.ts';
import { eventOf, regardingOf, seriesKey } from './event.ts';
import { forbiddenText, refusalOf, retryOf, type Refusal } from './refusal.ts';
import { seriesMemory, type Series } from './series.ts';

/** Sends records as Events. */
export type K8sEventsExporter = Required<Pick<Exporter<'logs'>, 'start' | 'export' | 'shutdown'>>;

/** 50 requests a second at most, as kubelet's eventRecordQPS. */
const BETWEEN_MS = 20;
/** Until a right that was not given is asked for again. */
const FORBIDDEN_MS = 300_000;
/** A kube-apiserver that was away says 403 to everybody until it has read the roles: a second or two, more in a large cluster. */
const DOUBT_MS = 30_000;

/** The clock of rates, milliseconds; a test's own runs faster. */
type Clock = () => number;

/** What records tell of pods and of the node, as Events that regard them. */
export const k8sEventsExporter = (
  config: Config,
  { id, log, version, meter = metrics.getMeter('nfscope', version) }: ComponentContext,
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
  /** What was forbidden, by verb and namespace, and until when it is not asked for. */
  const forbidden = new Map<string, number>();
  const entered = new WeakSet<LogsBatch>();
  /** When the server was last what was the matter. */
  let awayMs = -Infinity;
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

  /** Says it once, until a right is there that was not. */
  const forbid = (right: string, error: unknown): void => {
    if (forbidden.size === 0) log.warn(forbiddenText(error), { error });
    forbidden.set(right, now() + FORBIDDEN_MS);
  };
  const allow = (right: string): void => {
    if (!forbidden.has(right)) return;
    log.info('Events are made again');
    // Whoever gave one may have given more.
    forbidden.clear();
  };

  /** Tells of one, or nobody will. Returns what the server would not have; throws what may be tried again. */
  const settle = async (server: ApiServer, series: Series, deadline: AbortSignal): Promise<string | undefined> => {
    const { metadata, regarding } = series.event;
    const right = `${series.isMade ? 'patch' : 'create'} ${metadata.namespace}`;
    if (now() < (forbidden.get(right) ?? 0)) {
      refuse(series, 'forbidden');
      return undefined;
    }
    const who = JSON.stringify(regarding);
    if (!allowed.has(who, now())) return undefined;
    const error: unknown = await tell(server, series, deadline).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const reason = refusalOf(error);
    if (error !== undefined && reason === undefined) {
      awayMs = now();
      deadline.throwIfAborted();
      throw retryOf(error);
    }
    if (reason === 'forbidden' && now() - awayMs < DOUBT_MS) throw retryOf(error);
    allowed.take(who, now());
    if (reason === undefined) {
      allow(right);
      return undefined;
    }
    refuse(series, reason);
    if (reason === 'forbidden') forbid(right, error);
    return reason === 'invalid' ? (error as Error).message : undefined;
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
