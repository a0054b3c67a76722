import type { ZodError } from 'zod';
import { schemasAt, type JsonSchema } from './config-schema.ts';
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
  /** Whether the value is a secret, which no excerpt may show. */
  readonly secret?: boolean;
}

/** Where something stands, in words such as `file:line:column`; for files, the line with a caret too. */
export interface Place {
  readonly where: string;
  readonly excerpt?: string | undefined;
}

/** A configuration that cannot run, with everything that was found wrong in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map((issue) => issue.message).join('\n'));
    this.issues = issues;
  }

  /** One error for people per issue; `place` finds it in what the configuration was read from. */
  located(place: (issue: ConfigIssue) => Place): NfscopeError[] {
    return this.issues.map((issue) => {
      const { where, excerpt } = place(issue);
      return new NfscopeError(issue.code, issue.message, where, { mend: issue.mend, excerpt: issue.secret ? undefined : excerpt });
    });
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

type ZodIssue = ZodError['issues'][number];

const fromIssue = (issue: ZodIssue, schema: JsonSchema, prefix: ConfigPath): ConfigIssue[] => {
  const inner = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const path = [...prefix, ...inner];
  if (issue.code === 'unrecognized_keys') {
    const known = schemasAt(schema, inner).flatMap((node) => Object.keys(node.properties ?? {}));
    return issue.keys.map((key) => ({
      code: 'NFS-103',
      path: [...path, key],
      at: 'key',
      message: at(path, `unknown key ${JSON.stringify(key)}`),
      mend: suggest(key, known),
    }));
  }
  const nested = issue.code === 'invalid_union' ? issue.errors.flat() : issue.code === 'invalid_key' ? issue.issues : [];
  const text = nested.length > 0 ? [...new Set(nested.map(reason))].join(' or ') : reason(issue);
  const secret = schemasAt(schema, inner).some((node) => node.writeOnly === true);
  const blamed = issue.code === 'invalid_key' ? 'key' : 'value';
  return [{ code: 'NFS-103', path, at: blamed, message: at(path, text), ...(secret && { secret }) }];
};

// zod opens with "Invalid input: ", which says nothing that the place does not, and has JavaScript's words for what YAML has.
const reason = (issue: { readonly message: string }): string => {
  const text = issue.message
    .replace(/^Invalid (input|option|string): /, '')
    .replace(', received undefined', ', and it is not there')
    .replace(
      /\b(expected|received) (object|record|array)\b/g,
      (_, verb: string, type: string) => `${verb} ${type === 'array' ? 'list' : 'map'}`,
    );
  return text.charAt(0).toLowerCase() + text.slice(1);
};

/** What zod found wrong, as issues; `schema` has what may be written there, `prefix` is the place of the checked value in the whole configuration. */
export const fromZod = (error: ZodError, schema: JsonSchema, prefix: ConfigPath = []): ConfigIssue[] =>
  error.issues.flatMap((issue) => fromIssue(issue, schema, prefix));
