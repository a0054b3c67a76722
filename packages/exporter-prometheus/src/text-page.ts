import type { Exemplar, HistogramPoints, NumberPoints } from '@nfscope/model';
import { canonicalText, numberText, type Family, type FamilyWithSeries, type LabelPair } from '@nfscope/model/prometheus';
import { NUMBER_LENGTH, putBytes, putNumber, putShort } from './text-writer.ts';

/** The two formats of lines. */
export interface TextSettings {
  /** OpenMetrics 1.0, else the Prometheus text format. */
  readonly openMetrics: boolean;
  /** Whether OpenMetrics gets a line that says when a series began. */
  readonly created: boolean;
}

const CHUNK = 256 * 1024;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const SPACE = 0x20;
const NEWLINE = 0x0a;

const utf8 = (text: string): Uint8Array => Buffer.from(text);

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };
const escaped = (text: string): string => text.replace(/[\\"\n]/g, (character) => escapes[character]!);
const quoted = (text: string): string => `"${escaped(text)}"`;

const isPlainMetric = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
const isPlainLabel = (name: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** Label text as UTF-8 without its braces: `a="1","b.c"="2"`; a lone surrogate becomes U+FFFD. */
export const labelText = (pairs: readonly LabelPair[]): Uint8Array =>
  utf8(pairs.map(([name, value]) => `${isPlainLabel(name) ? name : quoted(name)}=${quoted(value)}`).join(','));

/**
 * The lines of families in chunks; undefined gives others their turn. A series is never cut: a label of a megabyte gets a chunk
 * of its own. All chunks are in one buffer, which stays in the processor's cache: with fresh memory for each a scrape of 77 MB
 * took three to five times as long.
 */
export function* textPage(
  source: Iterable<FamilyWithSeries | undefined>,
  settings: TextSettings,
): Generator<Uint8Array | undefined, void, void> {
  let bytes: Uint8Array = Buffer.allocUnsafeSlow(CHUNK);
  let at = 0;
  /** Hands out what is written, if there is too little room for what comes. */
  function* room(length: number): Generator<Uint8Array, void, void> {
    if (at + length <= bytes.length) return;
    if (at > 0) yield bytes.subarray(0, at);
    at = 0;
    if (length > bytes.length) bytes = Buffer.allocUnsafeSlow(length);
  }

  for (const item of source) {
    if (item === undefined) {
      yield undefined;
      continue;
    }
    const { family, sets } = item;
    const head = utf8(header(family, settings));
    yield* room(head.length);
    at = putBytes(bytes, at, head);
    for (const { points, labels } of sets) {
      const { lines, fixed, put } = 'bounds' in points ? histogram(family, points, settings) : number(family, points, settings);
      for (let point = 0; point < points.length; point++) {
        const text = labels[point]?.bytes;
        if (text === undefined) continue;
        const most = fixed + lines * text.length;
        if (at + most > bytes.length) yield* room(most);
        at = put(bytes, at, point, text);
      }
    }
  }
  const end = utf8(settings.openMetrics ? '# EOF\n' : '');
  yield* room(end.length);
  at = putBytes(bytes, at, end);
  if (at > 0) yield bytes.subarray(0, at);
}

/** What the lines of a type end in, which the name of its family does not. */
const suffixes: Readonly<Record<string, string>> = { counter: '_total', info: '_info' };

/** A family whose lines do not end as its type asks for is of unknown type in OpenMetrics. */
const openMetricsHead = ({ name, type }: Family): readonly [name: string, type: string] => {
  const suffix = suffixes[type];
  if (suffix === undefined) return [name, type];
  return name.endsWith(suffix) && name !== suffix ? [name.slice(0, -suffix.length), type] : [name, 'unknown'];
};

const header = (family: Family, { openMetrics }: TextSettings): string => {
  const [plain, type] = openMetrics ? openMetricsHead(family) : [family.name, family.type === 'info' ? 'gauge' : family.type];
  const name = isPlainMetric(plain) ? plain : quoted(plain);
  const help = openMetrics ? escaped(family.help) : family.help.replace(/[\\\n]/g, (character) => escapes[character]!);
  const unit = openMetrics && family.unit !== '' && plain.endsWith(`_${family.unit}`) ? `# UNIT ${name} ${family.unit}\n` : '';
  return `${help === '' ? '' : `# HELP ${name} ${help}\n`}# TYPE ${name} ${type}\n${unit}`;
};

/** Puts points of one set. A point takes at most `fixed` bytes and `lines` times the length of its labels. */
interface PointWriter {
  readonly lines: number;
  readonly fixed: number;
  put(bytes: Uint8Array, at: number, point: number, labels: Uint8Array): number;
}

/** What stands before the labels of a line, and instead of them where it has none. */
interface SampleName {
  readonly open: Uint8Array;
  readonly bare: Uint8Array;
}

const sampleName = (name: string): SampleName =>
  isPlainMetric(name) ? { open: utf8(`${name}{`), bare: utf8(name) } : { open: utf8(`{${quoted(name)},`), bare: utf8(`{${quoted(name)}}`) };

const putLine = (bytes: Uint8Array, start: number, { open, bare }: SampleName, labels: Uint8Array, value: number): number => {
  let at = start;
  if (labels.length > 0) {
    at = putBytes(bytes, putShort(bytes, at, open), labels);
    bytes[at++] = CLOSE;
  } else {
    at = putShort(bytes, at, bare);
  }
  bytes[at++] = SPACE;
  at = putNumber(bytes, at, value);
  bytes[at++] = NEWLINE;
  return at;
};

/** Braces, comma, space and newline of a line, and its value. */
const LINE_REST = NUMBER_LENGTH + 5;

const number = (family: Family, { value, startMs }: NumberPoints, settings: TextSettings): PointWriter => {
  const [stem, type] = openMetricsHead(family);
  const line = sampleName(family.name);
  const created = settings.openMetrics && settings.created && type === 'counter' ? sampleName(`${stem}_created`) : undefined;
  const lines = created === undefined ? 1 : 2;
  return {
    lines,
    fixed: lines * (line.open.length + 8 + LINE_REST),
    put(bytes, at, point, labels) {
      const end = putLine(bytes, at, line, labels, value[point]!);
      const start = startMs[point]!;
      return created === undefined || start === 0 ? end : putLine(bytes, end, created, labels, start / 1000);
    },
  };
};

/** The longest that an exemplar gets; its labels have 63 of the 128 characters that OpenMetrics allows. */
const EXEMPLAR_LENGTH = 70 + 2 * NUMBER_LENGTH;

const putExemplar = (bytes: Uint8Array, at: number, { traceId, spanId, value, timeMs }: Exemplar): number =>
  putBytes(bytes, at, utf8(` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${numberText(timeMs / 1000)}`));

const histogram = ({ name }: Family, points: HistogramPoints, { openMetrics, created }: TextSettings): PointWriter => {
  const { bounds, buckets, count, sum, startMs } = points;
  const { open } = sampleName(`${name}_bucket`);
  const boundText = openMetrics ? canonicalText : numberText;
  const ends = [...bounds.map(boundText), '+Inf'].map((bound) => utf8(`le="${bound}"} `));
  const [sums, counts, starts] = [sampleName(`${name}_sum`), sampleName(`${name}_count`), sampleName(`${name}_created`)];
  const width = ends.length;
  const longest = Math.max(...ends.map(({ length }) => length));
  const exemplars = openMetrics ? points.exemplars : undefined;
  return {
    lines: width + 3,
    fixed: (width + 3) * (starts.open.length + longest + LINE_REST) + (exemplars === undefined ? 0 : width * EXEMPLAR_LENGTH),
    put(bytes, line, point, labels) {
      let at = putBytes(bytes, putShort(bytes, line, open), labels);
      if (labels.length > 0) bytes[at++] = COMMA;
      const same = at - line;
      const own = exemplars?.get(point);
      let below = 0;
      for (let bucket = 0; bucket < width; bucket++) {
        if (bucket > 0) {
          // What stands before `le` is the same in every line: a move within the buffer beats writing it again.
          bytes.copyWithin(at, line, line + same);
          at += same;
        }
        below += buckets[point * width + bucket]!;
        at = putNumber(bytes, putShort(bytes, at, ends[bucket]!), below);
        const exemplar = own?.find((one) => one.bucket === bucket);
        if (exemplar !== undefined) at = putExemplar(bytes, at, exemplar);
        bytes[at++] = NEWLINE;
      }
      at = putLine(bytes, at, sums, labels, sum[point]!);
      at = putLine(bytes, at, counts, labels, count[point]!);
      const start = startMs[point]!;
      return openMetrics && created && start !== 0 ? putLine(bytes, at, starts, labels, start / 1000) : at;
    },
  };
};
