/** A line of a page: labels are in their order, since a label that is there twice is an error of the page. */
interface Sample {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: string;
}

export interface ParsedPage {
  readonly help: Readonly<Record<string, string>>;
  readonly type: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => {
    if (character === 'n') return '\n';
    if (character === '\\' || character === '"') return character;
    throw new Error(`no such escape: \\${character}`);
  });

// Of the format's description, not of the exporter: it throws at whatever the description does not allow.
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const labelStart = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(,|$)/sy;

const parseLabels = (text: string): [string, string][] => {
  const labels: [string, string][] = [];
  labelStart.lastIndex = 0;
  while (labelStart.lastIndex < text.length) {
    const at = labelStart.lastIndex;
    const [, name, value] = labelStart.exec(text) ?? [];
    if (name === undefined) throw new Error(`no label at ${JSON.stringify(text.slice(at))}`);
    if (labels.some(([other]) => other === name)) throw new Error(`label ${name} twice`);
    labels.push([name, unescaped(value!)]);
  }
  return labels;
};

/** Reads a page of the Prometheus text format 0.0.4. */
export const parsePage = (page: string): ParsedPage => {
  const help: Record<string, string> = {};
  const type: Record<string, string> = {};
  const samples: Sample[] = [];
  if (page !== '' && !page.endsWith('\n')) throw new Error('the last line has no end');
  let family = '';
  for (const line of page.split('\n').slice(0, -1)) {
    const [, word, name, rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? [];
    if (name !== undefined) {
      const table = word === 'HELP' ? help : type;
      if (name in table) throw new Error(`${word} of ${name} twice`);
      if (word === 'HELP' && name in type) throw new Error(`HELP of ${name} after its TYPE`);
      table[name] = word === 'HELP' ? unescaped(rest) : rest;
      family = name;
      continue;
    }
    const [, sample, labels = '', value] = sampleLine.exec(line) ?? [];
    if (sample === undefined) throw new Error(`no sample: ${JSON.stringify(line)}`);
    if (!['', '_bucket', '_sum', '_count'].includes(sample.slice(family.length)) || !sample.startsWith(family))
      throw new Error(`${sample} is below ${family}`);
    samples.push({ name: sample, labels: parseLabels(labels), value: value! });
  }
  return { help, type, samples };
};
