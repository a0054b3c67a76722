import { z, type ZodError, type ZodType } from 'zod';
import { NfscopeError, type ErrorCode } from './errors.ts';
import { nearest } from './nearest.ts';

/** Keys and indexes from the root of a configuration to one value in it. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong in a configuration, placed by its path so that a reader of files can add line and column. */
export interface ConfigIssue {
  readonly code: ErrorCode;
  readonly path: ConfigPath;
  /** Whether the key or the value at `path` is to blame. */
  readonly at: 'key' | 'value';
  /** One line; starts with the place in the Collector's spelling, `service::pipelines::metrics: ...`. */
  readonly message: string;
  readonly mend?: string;
}

/** A configuration that cannot run, with everything that was found wrong in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map((issue) => issue.message).join('\n'));
    this.issues = issues;
  }

  /** One error for people per issue; `where` turns a place in the configuration into words such as `file:line:column`. */
  located(where: (issue: ConfigIssue) => string): NfscopeError[] {
    return this.issues.map(
      (issue) => new NfscopeError(issue.code, issue.message, where(issue), issue.mend === undefined ? {} : { mend: issue.mend }),
    );
  }
}

/** The Collector's spelling of a place. */
export const spell = (path: ConfigPath): string => path.join('::');

const at = (path: ConfigPath, text: string): string => (path.length === 0 ? text : `${spell(path)}: ${text}`);

/** The mend for a word that is not one of `known`. */
export const suggest = (word: string, known: readonly string[]): string => {
  const meant = nearest(word, known);
  return meant === undefined ? `Allowed here: ${known.join(', ') || 'nothing'}.` : `Did you mean "${meant}"?`;
};

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

// Through JSON Schema, since that is zod's public view of a schema; its own tree of wrappers is not.
const keysAt = (schema: ZodType, path: ConfigPath): string[] => {
  let nodes = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema];
  const spread = (node: JsonSchema): JsonSchema[] => (node.anyOf ? node.anyOf.flatMap(spread) : [node]);
  for (const step of path) {
    nodes = nodes.flatMap(spread).flatMap((node) => {
      const below = typeof step === 'number' ? node.items : (node.properties?.[step] ?? node.additionalProperties);
      return typeof below === 'object' ? [below] : [];
    });
  }
  return nodes.flatMap(spread).flatMap((node) => Object.keys(node.properties ?? {}));
};

type ZodIssue = ZodError['issues'][number];

const fromIssue = (issue: ZodIssue, schema: ZodType, prefix: ConfigPath): ConfigIssue[] => {
  const inner = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const path = [...prefix, ...inner];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, inner);
    return issue.keys.map((key) => ({
      code: 'NFS-103',
      path: [...path, key],
      at: 'key',
      message: at(path, `unknown key ${JSON.stringify(key)}`),
      mend: suggest(key, known),
    }));
  }
  const nested = issue.code === 'invalid_union' ? issue.errors.flat().map(reason) : [];
  const text = nested.length > 0 ? [...new Set(nested)].join(' or ') : reason(issue);
  return [{ code: 'NFS-103', path, at: 'value', message: at(path, text) }];
};

// zod opens with "Invalid input: ", which says nothing that the place does not.
const reason = (issue: { readonly message: string }): string => {
  const text = issue.message.replace(/^Invalid (input|option): /, '');
  return text.charAt(0).toLowerCase() + text.slice(1);
};

/** What zod found wrong, as issues; `prefix` is the place of the checked value in the whole configuration. */
export const fromZod = (error: ZodError, schema: ZodType, prefix: ConfigPath = []): ConfigIssue[] =>
  error.issues.flatMap((issue) => fromIssue(issue, schema, prefix));
