import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type YAMLError } from 'yaml';
import { NfscopeError, type ConfigIssue, type ConfigPath, type Place } from '@nfscope/pipeline';
import { excerpt } from './excerpt.ts';
import { expand, type Surrounding } from './expressions.ts';

/** One of the texts that make a configuration, as read: plain values, and where each stands. */
export interface ConfigSource {
  readonly value: unknown;
  /** How far it leads along a path, and the place of the key or value there. */
  find(issue: Pick<ConfigIssue, 'path' | 'at'>): Found;
}

interface Found {
  /** How many steps of the path. */
  readonly depth: number;
  /** Whether it adds to what stood there before, as a map does, and does not replace it. */
  readonly adds: boolean;
  readonly place: Place;
}

/** Parses YAML. `name` stands for it in errors. Throws NFS-102 for bad YAML, NFS-103 for a bad `${...}`. */
export const parseSource = (text: string, name: string, surrounding: Surrounding): ConfigSource => {
  const lines = new LineCounter();
  const place = (start: number, end: number): Place => {
    const { line, col } = lines.linePos(start);
    return { where: `${name}:${line}:${col}`, excerpt: excerpt(text, start, end) };
  };
  return parse(text, lines, surrounding, place, name);
};

/** A setting of one value: its key is `a::b` or `a.b`, the value YAML. Errors say `option` and the key, never the value. */
export const parseSetting = (key: string, value: string, option: string, surrounding: Surrounding): ConfigSource => {
  const where = `${option}${key}`;
  // The Collector's documentation writes dots; an id may have some, so that the colons come first.
  const keys = key.split(key.includes('::') ? '::' : '.');
  const source = parse(value, new LineCounter(), surrounding, () => ({ where }), where);
  return {
    value: keys.reduceRight<unknown>((inner, step) => ({ [step]: inner }), source.value),
    find: ({ path, at }) => {
      const common = path.findIndex((step, index) => index >= keys.length || String(step) !== keys[index]);
      const depth = common < 0 ? path.length : common;
      if (depth < keys.length) return { depth, adds: true, place: { where } };
      const below = source.find({ path: path.slice(keys.length), at });
      return { ...below, depth: keys.length + below.depth };
    },
  };
};

const parse = (
  text: string,
  lines: LineCounter,
  surrounding: Surrounding,
  place: (start: number, end: number) => Place,
  name: string,
): ConfigSource => {
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  const placeOf = (node: Node): Place => place(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
  if (problem) throw (problem.code === 'DUPLICATE_KEY' && keyTwice(document, lines, placeOf)) || notYaml(text, problem, place);
  visit(document, {
    Alias: (_, node) => {
      if (node.resolve(document) !== undefined) return;
      const { where, excerpt: shown } = placeOf(node);
      throw new NfscopeError('NFS-102', `there is no anchor &${node.source} before it`, where, { excerpt: shown });
    },
  });
  expand(document, surrounding, placeOf);
  return { value: toValue(document, name), find: ({ path, at }) => find(document, path, at, placeOf, () => place(0, 0)) };
};

const notYaml = (text: string, { message, pos }: YAMLError, place: (start: number, end: number) => Place): NfscopeError => {
  // The parser points at the white space before what it stumbles over, or behind the end of the text.
  const ahead = text.slice(pos[0]).search(/\S/);
  const start = ahead >= 0 ? pos[0] + ahead : Math.max(0, text.trimEnd().length - 1);
  // Braces inside brackets are YAML's own, so the parser trips over an unquoted ${...} there.
  const mend = /\$\{?$/.test(text.slice(0, start + 1)) ? 'Put ${...} in quotes inside [ ] and { }.' : undefined;
  const { where, excerpt: shown } = place(start, pos[1]);
  return new NfscopeError('NFS-102', firstLine(message), where, { mend, excerpt: shown });
};

const keyTwice = (document: Document, lines: LineCounter, placeOf: (node: Node) => Place): NfscopeError | undefined => {
  let found: NfscopeError | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const keys = items.map(({ key }) => key).filter((key) => isScalar(key));
      const again = keys.find((key, index) => keys.findIndex(({ value }) => value === key.value) < index);
      if (again === undefined) return undefined;
      const first = lines.linePos(keys.find(({ value }) => value === again.value)!.range![0]);
      const { where, excerpt: shown } = placeOf(again);
      const mend = `Take one out; the first is in line ${first.line}.`;
      found = new NfscopeError('NFS-102', `the key ${JSON.stringify(again.value)} is there twice`, where, { mend, excerpt: shown });
      return visit.BREAK;
    },
  });
  return found;
};

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
const find = (document: Document, path: ConfigPath, at: ConfigIssue['at'], placeOf: (node: Node) => Place, start: () => Place): Found => {
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  let node: unknown = document.contents;
  let shown: unknown = node;
  let depth = 0;
  for (const step of path) {
    const inside = resolve(node);
    if (isMap(inside)) {
      const pair = inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      // A key without a value has a null of no width behind it; the key is what can be seen.
      const empty = !isNode(pair.value) || (isScalar(pair.value) && pair.value.source === '');
      shown = depth === path.length - 1 && at === 'value' && !empty ? pair.value : pair.key;
      node = pair.value;
    } else if (isSeq(inside) && isNode(inside.items[Number(step)])) {
      node = shown = inside.items[Number(step)];
    } else {
      break;
    }
    depth++;
  }
  const adds = isMap(resolve(node)) || (depth === 0 && node === null);
  const place = isNode(shown) ? placeOf(shown) : start();
  // What is missing altogether is in no line.
  return { depth, adds, place: depth === 0 && path.length > 0 ? { where: place.where } : place };
};
