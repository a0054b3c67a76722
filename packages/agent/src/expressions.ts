import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDocument, Scalar, visit, type Document } from 'yaml';
import { NfscopeError, type Place } from '@nfscope/pipeline';
import { cannotRead } from './cannot-read.ts';

/** The variables that `${env:NAME}` in a configuration stands for; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What `${...}` refers to. */
export interface Surrounding {
  readonly env: Environment;
  /** Where paths of `${file:...}` begin. */
  readonly folder: string;
  /** Told of every file that is read. */
  readonly onFile: (path: string, text: string) => void;
}

/**
 * Replaces `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` in the values of a document, in place; `$$` is a dollar
 * sign. A plain value that is one expression takes the type that the text it stands for has in YAML; in quotes it stays
 * text. Throws NFS-103 at `place` for what is not there and has no default, and for any other `${...}`.
 */
export const expand = (document: Document, surrounding: Surrounding, place: (node: Scalar) => Place): void => {
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
      const text = node.value;
      const fail: Fail = (what, mend) => {
        const { where, excerpt } = place(node);
        throw new NfscopeError('NFS-103', what, where, { mend, excerpt });
      };
      const whole = text.startsWith('${') && expandFrom(text, 2, () => '', fail)[1] === text.length;
      const [expanded] = expandFrom(text, 0, (inner) => lookUp(inner, surrounding, fail), fail);
      node.value = whole && node.type === Scalar.PLAIN ? typed(expanded) : expanded;
    },
  });
};

type Fail = (what: string, mend: string) => never;

/** What a text stands for from `start` on, to its end or to the brace that closes the expression it is in; and where that is. */
const expandFrom = (text: string, start: number, value: (inner: string) => string, fail: Fail): [expanded: string, end: number] => {
  const inside = start > 0;
  let expanded = '';
  let at = start;
  while (at < text.length) {
    if (inside && text[at] === '}') return [expanded, at + 1];
    if (text.startsWith('$$', at)) {
      expanded += '$';
      at += 2;
    } else if (text.startsWith('${', at)) {
      const [inner, end] = expandFrom(text, at + 2, value, fail);
      expanded += value(inner);
      at = end;
    } else {
      expanded += text[at++];
    }
  }
  return inside ? fail(`${text.slice(start - 2)} is not closed`, 'Close it with }; a dollar sign is $$.') : [expanded, at];
};

const variable = /^env:([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$/s;

const lookUp = (inner: string, { env, folder, onFile }: Surrounding, fail: Fail): string => {
  if (inner.startsWith('file:')) {
    const path = resolve(folder, inner.slice('file:'.length));
    try {
      const text = readFileSync(path, 'utf8');
      onFile(path, text);
      // As a shell does with $(< file): the last line of a file ends, what it says does not.
      return text.replace(/\r?\n$/, '');
    } catch (error) {
      return fail(`\${${inner}} cannot be read: ${cannotRead(error)}`, `The file is ${path}: paths begin where the configuration is.`);
    }
  }
  const [, name, fallback] = variable.exec(inner) ?? [];
  if (name === undefined) {
    return fail(`\${${inner}} is not an expression`, 'Write ${env:NAME}, ${env:NAME:-default} or ${file:PATH}; a dollar sign is $$.');
  }
  // As in a shell, and in the Collector: `:-` counts an empty variable as not set.
  const value = env[name];
  if (fallback !== undefined) return value ? value : fallback;
  return value ?? fail(`the environment variable ${name} is not set`, `Set it, or give a default: \${env:${name}:-default}.`);
};

/** Numbers, booleans and null have no space in them; to anything else, YAML would do what nobody asked for (`#` begins a comment). */
const typed = (text: string): unknown => {
  if (text === '') return null;
  if (/\s/.test(text)) return text;
  const { contents, errors } = parseDocument(text, { prettyErrors: false });
  return contents instanceof Scalar && errors.length === 0 && contents.type === Scalar.PLAIN ? contents.value : text;
};
