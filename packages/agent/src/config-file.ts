import { readFile } from 'node:fs/promises';
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';
import { NfscopeError, type ConfigIssue } from '@nfscope/pipeline';
import { expandEnv, type Environment } from './expand-env.ts';

/** A configuration as read: plain values, and where in the file each stands. */
export interface ConfigFile {
  readonly value: unknown;
  /** `file:line:column` of the key or value an issue is about. */
  where(issue: Pick<ConfigIssue, 'path' | 'at'>): string;
}

/** Reads a file. Throws NFS-101 when it cannot be read, else as parseConfig does. */
export const readConfig = async (file: string, env: Environment): Promise<ConfigFile> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new NfscopeError('NFS-101', reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error), file, { cause: error });
  }
  return parseConfig(text, file, env);
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** Parses YAML. `name` stands for the file in errors. Throws NFS-102 for bad YAML, NFS-103 for a bad `${...}`. */
export const parseConfig = (text: string, name: string, env: Environment): ConfigFile => {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw notYaml(firstLine(problem.message), place(visibleOffset(text, problem.pos[0])), mendBraces(text, problem.pos[0]));
  visit(document, {
    Alias: (_, node) => {
      if (node.resolve(document) === undefined) throw notYaml(`there is no anchor &${node.source} before it`, place(node.range?.[0] ?? 0));
    },
  });
  expandEnv(document, env, place);
  return {
    value: toValue(document, name),
    where: ({ path, at }) => place(offsetOf(document.contents, path, at, (node) => (isAlias(node) ? node.resolve(document) : node))),
  };
};

const notYaml = (what: string, where: string, mend?: string): NfscopeError =>
  new NfscopeError('NFS-102', what, where, mend === undefined ? {} : { mend });

/** The parser points at the white space before what it stumbles over, or behind the end of the file. */
const visibleOffset = (text: string, offset: number): number => {
  const ahead = text.slice(offset).search(/\S/);
  return ahead >= 0 ? offset + ahead : Math.max(0, text.trimEnd().length - 1);
};

/** Braces inside brackets are YAML's own, so the parser trips over an unquoted ${...} there. */
const mendBraces = (text: string, offset: number): string | undefined =>
  /\$\{?$/.test(text.slice(0, offset + 1)) ? 'Put ${...} in quotes inside [ ] and { }.' : undefined;

const toValue = (document: Document, name: string): unknown => {
  try {
    return document.toJS();
  } catch (error) {
    // So many aliases of aliases that they would fill the memory.
    throw new NfscopeError('NFS-102', firstLine((error as Error).message), name, { cause: error });
  }
};

const firstLine = (text: string): string => text.split('\n', 1)[0]!;

/** Where a path leads in the document; for what is not there, where the path leaves it. */
const offsetOf = (
  root: ParsedNode | null,
  path: ConfigIssue['path'],
  at: ConfigIssue['at'],
  resolve: (node: Node) => Node | undefined,
): number => {
  let node: unknown = root;
  let offset = root?.range[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const inside = isNode(node) ? resolve(node) : undefined;
    const last = depth === path.length - 1;
    if (isMap(inside)) {
      const pair = inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      const start = (part: unknown): number | undefined => (isNode(part) ? part.range?.[0] : undefined);
      // A key without a value has a null of no width behind it; the key is what can be seen.
      const empty = !isNode(pair.value) || (isScalar(pair.value) && pair.value.source === '');
      offset = (last && at === 'value' && !empty ? start(pair.value) : start(pair.key)) ?? offset;
      node = pair.value;
    } else if (isSeq(inside)) {
      node = inside.items[Number(step)];
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    } else {
      break;
    }
  }
  return offset;
};
