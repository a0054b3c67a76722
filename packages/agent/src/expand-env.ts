import { parseDocument, Scalar, visit, type Document } from 'yaml';
import { NfscopeError } from '@nfscope/pipeline';

/** The variables that `${env:NAME}` in a configuration stands for; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

const expression = /\$\$|\$\{([^{}]*)\}/g;
const variable = /^env:([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${env:NAME}` and `${env:NAME:-default}` in the values of a document, in place; `$$` is a dollar sign.
 * A plain value that is one expression takes the type that the variable's text has in YAML; in quotes it stays text.
 * Throws NFS-103 at `where` for a variable that is not set and has no default, and for any other `${...}`.
 */
export const expandEnv = (document: Document, env: Environment, where: (offset: number) => string): void => {
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
      const text = node.value;
      const whole = text.match(expression)?.[0] === text && text !== '$$';
      const expanded = text.replace(expression, (match, inner: string | undefined) =>
        inner === undefined ? '$' : lookUp(match, inner, env, where(node.range?.[0] ?? 0)),
      );
      node.value = whole && node.type === Scalar.PLAIN ? typed(expanded) : expanded;
    },
  });
};

const lookUp = (match: string, inner: string, env: Environment, where: string): string => {
  const [, name, fallback] = variable.exec(inner) ?? [];
  if (name === undefined) {
    throw new NfscopeError('NFS-103', `${match} is not an expression`, where, {
      mend: 'Write ${env:NAME} or ${env:NAME:-default}; a dollar sign is $$.',
    });
  }
  // As in a shell, and in the Collector: `:-` counts an empty variable as not set.
  const value = env[name];
  if (fallback !== undefined) return value ? value : fallback;
  if (value === undefined) {
    throw new NfscopeError('NFS-103', `the environment variable ${name} is not set`, where, {
      mend: `Set it, or give a default: \${env:${name}:-default}.`,
    });
  }
  return value;
};

const typed = (text: string): unknown => {
  const { contents, errors } = parseDocument(text, { prettyErrors: false });
  if (contents === null) return null;
  return contents instanceof Scalar && errors.length === 0 && contents.type === Scalar.PLAIN ? contents.value : text;
};
