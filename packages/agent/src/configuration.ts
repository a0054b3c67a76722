import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError, NfscopeError, planPipelines, type ConfigIssue, type Factory, type Place, type Plan } from '@nfscope/pipeline';
import { cannotRead } from './cannot-read.ts';
import { parseSetting, parseSource, type ConfigSource } from './config-source.ts';
import { defaultConfig, defaultConfigName } from './default-config.ts';
import type { Environment, Surrounding } from './expressions.ts';

/** What a configuration is made of; without `config` the built-in one is the first. */
export interface ConfigSources {
  /** Paths of files, `yaml:TEXT` and `env:NAME`, in their order. */
  readonly config?: readonly string[];
  /** `KEY::KEY=VALUE`, after all of `config`; the value is YAML. */
  readonly set?: readonly string[];
}

/** A configuration that was read, merged and checked. */
export interface Configuration {
  readonly plan: Plan;
  /** As merged, without the defaults. */
  readonly value: unknown;
  /** For people. */
  readonly name: string;
  /** Every file it was read from and its text, those of `${file:...}` included. */
  readonly files: ReadonlyMap<string, string>;
}

/** Everything that is wrong in a configuration, each error placed by file, line and column. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
  readonly errors: readonly NfscopeError[];

  constructor(errors: readonly NfscopeError[]) {
    super(errors.map((error) => error.toText()).join('\n'));
    this.errors = errors;
  }
}

/**
 * Reads, merges and checks a configuration; creates nothing. `edit` may change what was read before it is checked; it is
 * told the name of the configuration for its errors.
 * Throws NfscopeError when it cannot be read or parsed, InvalidConfiguration when what it says cannot run.
 */
export const loadConfiguration = async (
  sources: ConfigSources,
  factories: readonly Factory[],
  env: Environment,
  edit: (value: unknown, name: string) => unknown = (value) => value,
): Promise<Configuration> => {
  const name = nameOf(sources);
  const files = new Map<string, string>();
  const read = await readSources(sources, env, (path, text) => files.set(path, text));
  const value = edit(mergeSources(read), name);
  try {
    return { plan: planPipelines(value, factories), value, name, files };
  } catch (error) {
    if (error instanceof ConfigError) throw new InvalidConfiguration(error.located((issue) => locate(read, issue)));
    throw error;
  }
};

/** As loadConfiguration, for those who only run it. */
export const loadPlan = async (...all: Parameters<typeof loadConfiguration>): Promise<Plan> => (await loadConfiguration(...all)).plan;

const nameOf = ({ config = [], set = [] }: ConfigSources): string =>
  [...(config.length > 0 ? config : [defaultConfigName]), ...set.map((setting) => `--set ${keyOf(setting)}`)].join(' with ');

const readSources = async (
  { config = [], set = [] }: ConfigSources,
  env: Environment,
  onFile: (path: string, text: string) => void,
): Promise<readonly ConfigSource[]> => {
  const around = (folder: string): Surrounding => ({ env, folder, onFile });
  const read: ConfigSource[] = [];
  if (config.length === 0) read.push(parseSource(defaultConfig, defaultConfigName, around('.')));
  for (const from of config) {
    const [, scheme, rest = from] = /^(yaml|env|file):(.*)$/s.exec(from) ?? [];
    // As the Collector's documentation writes one setting.
    const [, key, value = ''] = (scheme === 'yaml' && /^([^\s'"{[]+?(?:::[^\s:]+)+):(?:\s+(.*))?$/s.exec(rest)) || [];
    if (key !== undefined) read.push(parseSetting(key, value, 'yaml:', around('.')));
    else if (scheme === 'yaml') read.push(parseSource(rest, 'yaml', around('.')));
    else if (scheme === 'env') read.push(parseSource(textOf(rest, env), from, around('.')));
    else {
      const text = await contentsOf(rest);
      onFile(rest, text);
      read.push(parseSource(text, rest, around(dirname(rest))));
    }
  }
  for (const setting of set) read.push(parseSetting(keyOf(setting), setting.slice(setting.indexOf('=') + 1), '--set ', around('.')));
  return read;
};

const keyOf = (setting: string): string => setting.slice(0, setting.indexOf('='));

const textOf = (variable: string, env: Environment): string => {
  const text = env[variable];
  if (text !== undefined) return text;
  throw new NfscopeError('NFS-101', 'the environment variable is not set', `env:${variable}`, { mend: 'Set it to YAML text.' });
};

const contentsOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NfscopeError('NFS-101', cannotRead(cause), file, { cause });
  }
};

type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

/** As the Collector merges: maps key by key, anything else takes the place of what was there. */
const merge = (under: unknown, over: unknown): unknown => {
  if (!isMapping(under) || !isMapping(over)) return over;
  const merged = Object.entries(over).map(([key, value]) => [key, Object.hasOwn(under, key) ? merge(under[key], value) : value]);
  return { ...under, ...(Object.fromEntries(merged) as Mapping) };
};

/** An empty text adds nothing, and one that is no map is told as what is wrong, not merged away. */
const mergeSources = (sources: readonly ConfigSource[]): unknown => {
  const values = sources.map(({ value }) => value).filter((value) => value !== null && value !== undefined);
  return values.find((value) => !isMapping(value)) ?? values.reduce(merge, null);
};

/** The last source that says what an issue is about. */
const locate = (sources: readonly ConfigSource[], issue: ConfigIssue): Place => {
  const odd = sources.find(({ value }) => value !== null && value !== undefined && !isMapping(value));
  if (odd) return odd.find(issue).place;
  let best: { readonly depth: number; readonly place: Place } | undefined;
  for (const source of sources.toReversed()) {
    const found = source.find(issue);
    if (best === undefined || found.depth > best.depth) best = found;
    if (found.depth === issue.path.length || !found.adds) break;
  }
  return best!.place;
};
