import { signals } from '@nfscope/model';
import type { Factory, Signal } from './component.ts';
import { parseComponent } from './component-config.ts';
import { pipelinesConfig, type PipelinesConfig, type TelemetryConfig } from './config.ts';
import { inputSchema } from './config-schema.ts';
import { inOrder } from './pipeline-order.ts';
import type { SendingConfig } from './sending-config.ts';
import { ConfigError, fromZod, spell, suggest, type ConfigIssue, type ConfigPath } from './config-issue.ts';

/** What a component is. */
export type Kind = Factory['kind'];

/** A component of a configuration: its parsed config, and nothing created yet. */
export interface PlannedComponent {
  readonly kind: Kind;
  readonly id: string;
  readonly factory: Factory;
  readonly config: unknown;
  /** For an exporter that sends over a network. */
  readonly sending?: SendingConfig;
}

/** A connector is among the exporters of the pipeline it ends and among the receivers of the one it starts. */
export interface PlannedPipeline {
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly PlannedComponent[];
  readonly processors: readonly PlannedComponent[];
  readonly exporters: readonly PlannedComponent[];
}

/** A configuration that was found sound: a pipeline comes before those it feeds. */
export interface Plan {
  /** In the order they start. */
  readonly extensions: readonly PlannedComponent[];
  readonly pipelines: readonly PlannedPipeline[];
  readonly telemetry: TelemetryConfig;
}

const kinds = ['receiver', 'processor', 'connector', 'exporter', 'extension'] as const satisfies readonly Kind[];
const section = {
  receiver: 'receivers',
  processor: 'processors',
  connector: 'connectors',
  exporter: 'exporters',
  extension: 'extensions',
} as const;
const signalNames = ['nfs', 'metrics', 'traces', 'logs'] as const satisfies readonly Signal[];
const idPattern = /^[a-z][a-z0-9_]*(\/[\p{L}\p{N}_.-]+)?$/u;

type Report = (path: ConfigPath, at: 'key' | 'value', text: string, more?: { code?: ConfigIssue['code']; mend?: string }) => void;
type Components = ReadonlyMap<Kind, ReadonlyMap<string, PlannedComponent>>;

/**
 * Checks a whole configuration (an object as read from YAML) against the factories on hand; creates nothing.
 * Throws ConfigError with everything that is wrong.
 */
export const planPipelines = (raw: unknown, factories: readonly Factory[]): Plan => {
  const shape = pipelinesConfig.safeParse(raw ?? {});
  if (!shape.success) throw new ConfigError(fromZod(shape.error, inputSchema(pipelinesConfig)));
  const issues: ConfigIssue[] = [];
  const report: Report = (path, at, text, more) => {
    // The Collector names the pipeline or the list of extensions, not the place in it.
    const mend = more?.mend === undefined ? {} : { mend: more.mend };
    issues.push({
      code: more?.code ?? 'NFS-104',
      path,
      at,
      message: `${spell(path[0] === 'service' ? path.slice(0, path[1] === 'extensions' ? 2 : 3) : path)}: ${text}`,
      ...mend,
    });
  };
  const components = planComponents(shape.data, factories, issues, report);
  const extensions = planExtensions(shape.data, components, report);
  for (const kind of ['receiver', 'exporter'] as const) {
    if (Object.keys(shape.data[section[kind]] ?? {}).length > 0) continue;
    const types = factories.filter((factory) => factory.kind === kind).map(({ type }) => type);
    report([section[kind]], 'key', `no ${kind} configuration specified in config`, { mend: `There are: ${types.join(', ')}.` });
  }
  const pipelines = planAllPipelines(shape.data, components, report);
  reportUse(shape.data, components, report);
  reportStorage(pipelines, report);
  const ordered = inOrder(pipelines, (pipeline, loop) =>
    report(['service', 'pipelines', pipeline.id], 'key', `cycle detected: ${loop}`, {
      mend: 'Take one of these connectors out of a pipeline.',
    }),
  );
  if (issues.length > 0) throw new ConfigError(issues);
  return { extensions, pipelines: ordered, telemetry: shape.data.service.telemetry };
};

const planComponents = (config: PipelinesConfig, factories: readonly Factory[], issues: ConfigIssue[], report: Report): Components => {
  const components = new Map<Kind, Map<string, PlannedComponent>>();
  for (const kind of kinds) {
    const planned = new Map<string, PlannedComponent>();
    components.set(kind, planned);
    const ofKind = new Map(factories.filter((factory) => factory.kind === kind).map((factory) => [factory.type, factory]));
    for (const [id, raw] of Object.entries(config[section[kind]] ?? {})) {
      const path = [section[kind], id];
      const type = id.split('/', 1)[0]!;
      const factory = ofKind.get(type);
      if (!idPattern.test(id)) {
        report(path, 'key', 'an id is `type` or `type/name`', {
          code: 'NFS-103',
          mend: 'The type is lower case; the name has letters, digits, `_`, `.` and `-`.',
        });
      } else if (factory === undefined) {
        report(path, 'key', `unknown ${kind} type "${type}"`, { code: 'NFS-103', mend: suggest(type, [...ofKind.keys()]) });
      } else {
        const { issues: wrong, ...parsed } = parseComponent(factory, raw, path);
        issues.push(...wrong);
        // Planned all the same, so that a wrong value is not reported as a missing component too.
        planned.set(id, { kind, id, factory, ...parsed });
      }
    }
  }
  for (const id of components.get('connector')!.keys()) {
    for (const kind of ['receiver', 'exporter'] as const) {
      if (!components.get(kind)!.has(id)) continue;
      report(['connectors', id], 'key', `ambiguous id: there is the ${kind} "${id}" too`, {
        mend: `Rename one of them, for example to "${id}/connector".`,
      });
    }
  }
  return components;
};

const planExtensions = (config: PipelinesConfig, components: Components, report: Report): PlannedComponent[] => {
  const configured = components.get('extension')!;
  return config.service.extensions.flatMap((reference, index, all) => {
    const place = ['service', 'extensions', index];
    const found = configured.get(reference);
    if (found === undefined) {
      if (Object.hasOwn(config.extensions ?? {}, reference)) return [];
      const mend = suggest(reference, [...configured.keys()]);
      report(place, 'value', `references extension ${JSON.stringify(reference)} which is not configured`, { mend });
    } else if (all.indexOf(reference) !== index) {
      report(place, 'value', `references extension "${reference}" multiple times`, { mend: 'List it once.' });
    } else return [found];
    return [];
  });
};

const planAllPipelines = (config: PipelinesConfig, components: Components, report: Report): PlannedPipeline[] => {
  const entries = Object.entries(config.service.pipelines);
  if (entries.length === 0)
    report(['service', 'pipelines'], 'key', 'service must have at least one pipeline', { mend: 'Add one, for example `nfs`.' });
  const pipelines: PlannedPipeline[] = [];
  for (const [id, named] of entries) {
    const path = ['service', 'pipelines', id];
    const word = id.split('/', 1)[0]!;
    const signal = signalNames.find((known) => known === word);
    if (signal === undefined) {
      report(path, 'key', `unknown signal "${word}"`, { code: 'NFS-103', mend: suggest(word, signalNames) });
      continue;
    }
    if (!idPattern.test(id)) {
      report(path, 'key', 'an id is `signal` or `signal/name`', {
        code: 'NFS-103',
        mend: 'The name has letters, digits, `_`, `.` and `-`.',
      });
    }
    for (const kind of ['receiver', 'exporter'] as const) {
      if (named[section[kind]].length === 0)
        report(path, 'key', `must have at least one ${kind}`, { mend: `List one under \`${section[kind]}\`.` });
    }
    const resolve = (kind: 'receiver' | 'processor' | 'exporter'): PlannedComponent[] =>
      named[section[kind]].flatMap((reference, index, all) => {
        const place = [...path, section[kind], index];
        const say = (text: string, mend?: string): [] => {
          report(place, 'value', text, mend === undefined ? {} : { mend });
          return [];
        };
        const found =
          components.get(kind)!.get(reference) ?? (kind === 'processor' ? undefined : components.get('connector')!.get(reference));
        if (found === undefined) {
          // Its own section has said what is wrong with it.
          const sections = kind === 'processor' ? (['processors'] as const) : ([section[kind], 'connectors'] as const);
          if (sections.some((name) => Object.hasOwn(config[name] ?? {}, reference))) return [];
          const known = [...components.get(kind)!.keys(), ...(kind === 'processor' ? [] : components.get('connector')!.keys())];
          return say(`references ${kind} ${JSON.stringify(reference)} which is not configured`, suggest(reference, known));
        }
        if (all.indexOf(reference) !== index) return say(`references ${kind} "${reference}" multiple times`, 'List it once.');
        const supported = supports(found, kind);
        if (supported.includes(signal)) return [found];
        const role = found.kind === 'connector' ? `connector "${reference}" as ${kind}` : `${kind} "${reference}"`;
        return say(`${role} does not support the signal ${signal}`, `It supports: ${supported.join(', ')}.`);
      });
    pipelines.push({ id, signal, receivers: resolve('receiver'), processors: resolve('processor'), exporters: resolve('exporter') });
  }
  return pipelines;
};

const supports = ({ factory }: PlannedComponent, role: Kind): readonly Signal[] => {
  if (factory.kind === 'connector') return [role === 'receiver' ? factory.to : factory.from];
  if (factory.kind === 'extension') return [];
  return signalNames.filter((signal) => factory.signals[signal] !== undefined);
};

/** Only what a later process may read can be kept on disk. */
const reportStorage = (pipelines: readonly PlannedPipeline[], report: Report): void => {
  const kept = new Map<string, Signal>();
  for (const { signal, exporters } of pipelines)
    for (const { id, sending } of exporters)
      if (sending?.sending_queue.storage !== undefined && signals[signal].shape === undefined) kept.set(id, signal);
  for (const [id, signal] of kept)
    report(['exporters', id, 'sending_queue', 'storage'], 'value', `batches of the signal ${signal} cannot be kept on disk`, {
      code: 'NFS-103',
      mend: `Take the exporter out of the pipelines of ${signal}, or leave \`storage\` out.`,
    });
};

// By the names as written, so that a reference which is wrong in another way is not reported as no use.
const reportUse = (config: PipelinesConfig, components: Components, report: Report): void => {
  const written = Object.values(config.service.pipelines);
  const received = new Set(written.flatMap((pipeline) => pipeline.receivers));
  const processed = new Set(written.flatMap((pipeline) => pipeline.processors));
  const exported = new Set(written.flatMap((pipeline) => pipeline.exporters));
  const remove = 'Use it in a pipeline, or remove it.';
  for (const [kind, used] of [
    ['receiver', received],
    ['processor', processed],
    ['exporter', exported],
  ] as const) {
    for (const id of components.get(kind)!.keys()) {
      if (!used.has(id)) report([section[kind], id], 'key', 'is configured, but no pipeline uses it', { mend: remove });
    }
  }
  for (const id of components.get('extension')!.keys()) {
    if (config.service.extensions.includes(id)) continue;
    const mend = 'List it there, or remove it.';
    report(['extensions', id], 'key', 'is configured, but `service::extensions` does not list it', { mend });
  }
  for (const id of components.get('connector')!.keys()) {
    const place = ['connectors', id];
    if (!received.has(id) && !exported.has(id)) report(place, 'key', 'is configured, but no pipeline uses it', { mend: remove });
    else if (!received.has(id))
      report(place, 'key', `is an exporter of ${using(id, 'exporters', config)}, but no pipeline's receiver`, {
        mend: 'List it under the `receivers` of the pipeline it starts.',
      });
    else if (!exported.has(id))
      report(place, 'key', `is a receiver of ${using(id, 'receivers', config)}, but no pipeline's exporter`, {
        mend: 'List it under the `exporters` of the pipeline it ends.',
      });
  }
};

const using = (id: string, role: 'receivers' | 'exporters', config: PipelinesConfig): string =>
  Object.entries(config.service.pipelines)
    .filter(([, pipeline]) => pipeline[role].includes(id))
    .map(([pipeline]) => pipeline)
    .join(', ');
