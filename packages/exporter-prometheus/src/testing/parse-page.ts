/** A line of a page: labels are in their order, since a label that is there twice is an error of the page. */
interface Sample {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: string;
}

export interface ParsedPage {
  readonly help: Readonly<Record<string, string>>;
  readonly type: Readonly<Record<string, string>>;
  readonly unit: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => {
    if (character === 'n') return '\n';
    if (character === '\\' || character === '"') return character;
    throw new Error(`no such escape: \\${character}`);
  });

// Of the formats' descriptions, not of the exporter: it throws at whatever they do not allow.
const text = String.raw`"((?:[^"\\\n]|\\.)*)"`;
const plainStart = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?/;
const quotedStart = new RegExp(String.raw`^\{${text}(,)?`, 's');
const labelStart = new RegExp(String.raw`(?:([a-zA-Z_][a-zA-Z0-9_]*)|${text})=${text}(,|(?=\} ))`, 'sy');
const metadata = new RegExp(String.raw`^# (HELP|TYPE|UNIT) (?:([^" ]+)|${text}) (.*)$`, 's');
const ends: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count', '_created'],
  counter: ['_total', '_created'],
  info: ['_info'],
};

/** The labels from a place of a line on, and what stands behind their brace. */
const parseLabels = (line: string, from: number): { readonly labels: [string, string][]; readonly rest: string } => {
  const labels: [string, string][] = [];
  let at = from;
  while (line[at] !== '}') {
    labelStart.lastIndex = at;
    const [found = '', plain, quoted, value] = labelStart.exec(line) ?? [];
    if (value === undefined) throw new Error(`no label at ${JSON.stringify(line.slice(at))}`);
    const name = plain ?? unescaped(quoted!);
    if (labels.some(([other]) => other === name)) throw new Error(`label ${name} twice`);
    labels.push([name, unescaped(value)]);
    at += found.length;
  }
  return { labels, rest: line.slice(at + 1) };
};

const parseSample = (line: string): Sample => {
  const [plain = '', name, brace] = plainStart.exec(line) ?? [];
  const [quoted = '', utf8Name] = name === undefined ? (quotedStart.exec(line) ?? []) : [];
  const start = plain + quoted;
  if (start === '') throw new Error(`no sample: ${JSON.stringify(line)}`);
  const { labels, rest } =
    name !== undefined && brace === undefined ? { labels: [], rest: line.slice(start.length) } : parseLabels(line, start.length);
  const [, value] = /^ (\S+)$/.exec(rest) ?? [];
  if (value === undefined) throw new Error(`no value: ${JSON.stringify(line)}`);
  return { name: name ?? unescaped(utf8Name!), labels, value };
};

/** Reads a page of the Prometheus text format (0.0.4, and 1.0.0 with UTF-8), or of OpenMetrics 1.0. */
export const parsePage = (page: string, format: 'text' | 'openmetrics' = 'text'): ParsedPage => {
  const tables = { HELP: {}, TYPE: {}, UNIT: {} } as Record<'HELP' | 'TYPE' | 'UNIT', Record<string, string>>;
  const samples: Sample[] = [];
  if (page !== '' && !page.endsWith('\n')) throw new Error('the last line has no end');
  const lines = page.split('\n').slice(0, -1);
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('the page does not end in # EOF');
  let family = '';
  let below = 0;
  for (const line of lines) {
    const [, word, plain, quoted, rest = ''] = metadata.exec(line) ?? [];
    if (word !== undefined) {
      const name = plain ?? unescaped(quoted!);
      if (name !== family) below = 0;
      family = name;
      const table = tables[word as keyof typeof tables];
      if (name in table) throw new Error(`${word} of ${name} twice`);
      if (format === 'text' && (word === 'UNIT' || name in tables.TYPE)) throw new Error(`${word} of ${name} after its TYPE`);
      if (word === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`${name} does not end in its unit ${rest}`);
      if (below > 0) throw new Error(`${word} of ${name} after its samples`);
      table[name] = word === 'HELP' ? unescaped(rest) : rest;
      continue;
    }
    const sample = parseSample(line);
    const type = tables.TYPE[family] ?? '';
    const allowed = format === 'openmetrics' ? (ends[type] ?? ['']) : type === 'histogram' ? ends['histogram']! : [''];
    if (!allowed.some((end) => sample.name === family + end)) throw new Error(`${sample.name} is below ${family}, a ${type}`);
    samples.push(sample);
    below++;
  }
  return { help: tables.HELP, type: tables.TYPE, unit: tables.UNIT, samples };
};
