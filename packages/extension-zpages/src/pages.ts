import { componentSchema, REDACTED, withDefaults, type HostView, type PlannedComponent, type PlannedPipeline } from '@nfscope/pipeline';
import { escape, page, table } from './html.ts';

/** The program that runs. */
export interface About {
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
}

/** The program, the states of its components, and what they are told, without secrets. */
export const servicePage = (host: HostView, { version, since }: About): string => {
  const { extensions, pipelines } = host.plan();
  const planned = pipelines.flatMap(({ receivers, processors, exporters }) => [...receivers, ...processors, ...exporters]);
  const states = host.components().map(({ kind, id, signal = '', state }) => [kind, id, signal, state]);
  const settings = [...new Set([...extensions, ...planned])].map((one) => [one.kind, one.id, JSON.stringify(settingsOf(one))]);
  return page(
    'nfscope',
    `<p>Version ${escape(version)}, since ${escape(new Date(since).toISOString())}, process ${process.pid}, Node ${escape(process.version)}.` +
      ' <a href="/debug/pipelinez">Pipelines</a></p>\n' +
      `<h2>Components</h2>\n${table(['kind', 'id', 'signal', 'state'], states)}` +
      `<h2>Configuration</h2>\n${table(['kind', 'id', 'settings'], settings)}`,
  );
};

/** Every pipeline, where its exporters serve, and what waits for them. */
export const pipelinesPage = (host: HostView): string => {
  const urls = host.urls();
  const ids = (some: readonly PlannedComponent[]): string =>
    some.map(({ id }) => (urls.has(id) ? `${id} (${urls.get(id)})` : id)).join(', ');
  const row = ({ id, receivers, processors, exporters }: PlannedPipeline) => [id, ids(receivers), ids(processors), ids(exporters)];
  const queues = [...host.queues()];
  const counts = Object.keys(queues[0]?.[1] ?? {});
  return page(
    'Pipelines',
    '<p><a href="/debug/servicez">Service</a></p>\n' +
      table(['pipeline', 'receivers', 'processors', 'exporters'], host.plan().pipelines.map(row)) +
      `<h2>Queues, in points, spans or records (retried: in attempts)</h2>\n${table(
        ['exporter', ...counts],
        queues.map(([name, of]) => [name, ...counts.map((count) => of[count as keyof typeof of])]),
      )}`,
  );
};

const settingsOf = ({ factory, config, sending }: PlannedComponent): unknown =>
  withDefaults(componentSchema(factory), { ...(config as object), ...sending }, (value, secret) =>
    secret && value !== '' && value !== null ? REDACTED : value,
  );
