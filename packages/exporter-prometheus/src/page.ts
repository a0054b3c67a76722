import { setImmediate } from 'node:timers/promises';
import type { HistogramPoints, NumberPoints } from '@nfscope/model';
import type { Family } from './families.ts';
import type { Labels } from './labels.ts';
import { NUMBER_LENGTH, numberText, putBytes, putNumber, type TextWriter } from './text-writer.ts';

const CHUNK = 256 * 1024;
/** How long the page is written before others get their turn. */
const SLICE_MS = 8;

const utf8 = (text: string): Uint8Array => Buffer.from(text);

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const SPACE = 0x20;
const NEWLINE = 0x0a;

/** A page in the Prometheus text format 0.0.4, in chunks, with pauses so that the event loop is never held for long. */
export async function* page(families: readonly Family[], labels: Labels): AsyncGenerator<Uint8Array, void, void> {
  let since = performance.now();
  for (const chunk of chunks(families, labels)) {
    yield chunk;
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}

function* chunks(families: readonly Family[], labels: Labels): Generator<Uint8Array, void, void> {
  const writer: TextWriter = { bytes: new Uint8Array(0), at: 0 };
  // A series is never cut: a label of a megabyte gets a chunk of its own.
  const lacks = (length: number): boolean => writer.at + length > writer.bytes.length;
  const renew = (length: number): Uint8Array => {
    const full = writer.bytes.subarray(0, writer.at);
    writer.bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK, length));
    writer.at = 0;
    return full;
  };

  for (const { name, type, help, metrics } of families) {
    const head = utf8(header(name, type, help));
    if (lacks(head.length)) yield renew(head.length);
    putBytes(writer, head);
    for (const { metric, batch } of metrics) {
      for (const points of metric.type === 'histogram' ? metric.points : [metric.points]) {
        const { lines, fixed, write } = 'bounds' in points ? histogramOf(name, points) : numberOf(name, points);
        for (let i = 0; i < points.length; i++) {
          const text = labels(batch.resources[points.resource[i]!]!, points.attributes[i]!);
          const most = fixed + lines * text.length;
          if (lacks(most)) yield renew(most);
          write(writer, i, text);
        }
      }
    }
  }
  if (writer.at > 0) yield renew(0);
}

const header = (name: string, type: string, help: string): string => {
  const text = help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
  return `${text === '' ? '' : `# HELP ${name} ${text}\n`}# TYPE ${name} ${type}\n`;
};

/** Writes points of one set. A point takes at most `fixed` bytes and `lines` times the length of its labels. */
interface PointWriter {
  readonly lines: number;
  readonly fixed: number;
  write(writer: TextWriter, point: number, labels: Uint8Array): void;
}

/** `name{labels} value`, or `name value` without labels. */
const putLine = (writer: TextWriter, name: Uint8Array, labels: Uint8Array, value: number): void => {
  putBytes(writer, name);
  if (labels.length > 0) {
    writer.bytes[writer.at++] = OPEN;
    putBytes(writer, labels);
    writer.bytes[writer.at++] = CLOSE;
  }
  writer.bytes[writer.at++] = SPACE;
  putNumber(writer, value);
  writer.bytes[writer.at++] = NEWLINE;
};

/** Braces, comma, space and newline of a line, and its value. */
const LINE_REST = NUMBER_LENGTH + 5;

const numberOf = (name: string, { value }: NumberPoints): PointWriter => {
  const start = utf8(name);
  return {
    lines: 1,
    fixed: start.length + LINE_REST,
    write: (writer, point, labels) => putLine(writer, start, labels, value[point]!),
  };
};

const histogramOf = (name: string, { bounds, buckets, count, sum }: HistogramPoints): PointWriter => {
  const start = utf8(`${name}_bucket{`);
  const ends = [...bounds.map(numberText), '+Inf'].map((bound) => utf8(`le="${bound}"} `));
  const [sumName, countName] = [utf8(`${name}_sum`), utf8(`${name}_count`)];
  const width = ends.length;
  const longest = Math.max(...ends.map(({ length }) => length));
  return {
    lines: width + 2,
    fixed: (width + 2) * (start.length + longest + LINE_REST),
    write: (writer, point, labels) => {
      const { bytes } = writer;
      const line = writer.at;
      putBytes(writer, start);
      putBytes(writer, labels);
      if (labels.length > 0) bytes[writer.at++] = COMMA;
      const end = writer.at;
      let below = 0;
      for (let bucket = 0; bucket < width; bucket++) {
        if (bucket > 0) {
          // What stands before `le` is the same in every line: a move within the buffer beats writing it again.
          bytes.copyWithin(writer.at, line, end);
          writer.at += end - line;
        }
        below += buckets[point * width + bucket]!;
        putBytes(writer, ends[bucket]!);
        putNumber(writer, below);
        bytes[writer.at++] = NEWLINE;
      }
      putLine(writer, sumName, labels, sum[point]!);
      putLine(writer, countName, labels, count[point]!);
    },
  };
};
