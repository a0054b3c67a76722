import type { ZodType } from 'zod';
import type { Factory } from './component.ts';
import { fromZod, type ConfigIssue, type ConfigPath } from './config-issue.ts';
import { inputSchema, type JsonSchema } from './config-schema.ts';
import { sendingConfig, type SendingConfig } from './sending-config.ts';

/** What stands below a component's id, checked. */
export interface ComponentConfig {
  /** The component's own keys. */
  readonly config: unknown;
  /** Those of its queue, for an exporter that sends over a network. */
  readonly sending?: SendingConfig;
  readonly issues: readonly ConfigIssue[];
}

const hasQueue = (factory: Factory): boolean => factory.kind === 'exporter' && factory.remote === true;

/** What a user may write below a component's id. */
export const componentSchema = (factory: Factory): JsonSchema => {
  const own = inputSchema(factory.config);
  return hasQueue(factory) ? { ...own, properties: { ...own.properties, ...inputSchema(sendingConfig).properties } } : own;
};

/** `raw` as read from YAML; `path` is its place in the whole configuration. */
export const parseComponent = (factory: Factory, raw: unknown, path: ConfigPath = []): ComponentConfig => {
  const schema = componentSchema(factory);
  const check = (part: ZodType, value: unknown): { data: unknown; issues: readonly ConfigIssue[] } => {
    const { data, error } = part.safeParse(value);
    return { data, issues: error ? fromZod(error, schema, path) : [] };
  };
  const given = raw ?? {};
  if (!hasQueue(factory) || typeof given !== 'object' || Array.isArray(given)) {
    const { data: config, issues } = check(factory.config, given);
    return { config, issues };
  }
  const isOfQueue = ([key]: [string, unknown]): boolean => Object.hasOwn(sendingConfig.shape, key);
  const own = check(factory.config, Object.fromEntries(Object.entries(given).filter((entry) => !isOfQueue(entry))));
  const queue = check(sendingConfig, Object.fromEntries(Object.entries(given).filter(isOfQueue)));
  return { config: own.data, sending: queue.data as SendingConfig, issues: [...own.issues, ...queue.issues] };
};
