/** One operation, as exporter-debug prints it. */
export interface DebugEvent {
  readonly operation: string;
  readonly version: string;
  readonly duration: number;
  readonly file: string;
  readonly uid: string;
  readonly tgid: string;
  readonly comm: string | undefined;
  readonly path: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A row of totals as it was printed last: everything since the start. */
export interface DebugRow {
  readonly operation: string;
  readonly version: string;
  readonly count: number;
  readonly bytes: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A span as it was printed. */
export interface DebugSpan {
  readonly name: string;
  readonly duration: number;
  readonly attributes: Readonly<Record<string, string>>;
}

const unquoted = (text: string): string => JSON.parse(text) as string;

const attributesOf = (line: string): Record<string, string> => {
  const text = line.slice(line.indexOf(' {') + 2, -1);
  const pairs = text.matchAll(/([a-zA-Z_.0-9]+)=("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, value.startsWith('"') ? unquoted(value) : value]));
};

const field = (line: string, name: string): string | undefined => {
  const value = new RegExp(` ${name}=("(?:[^"\\\\]|\\\\.)*"|\\S*)`).exec(` ${line.trimStart()}`)?.[1];
  return value?.startsWith('"') ? unquoted(value) : value;
};

export const debugEvents = (text: string): DebugEvent[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('  event='))
    .map((line) => ({
      operation: field(line, 'event') ?? '',
      version: field(line, 'version') ?? '',
      duration: Number.parseFloat(field(line, 'duration') ?? ''),
      file: field(line, 'file') ?? '',
      uid: field(line, 'uid') ?? '',
      tgid: field(line, 'tgid') ?? '',
      comm: field(line, 'comm'),
      path: field(line, 'path'),
      attributes: attributesOf(line),
    }));

export const debugRows = (text: string): DebugRow[] => {
  const rows = new Map<string, string>();
  for (const line of text.split('\n')) {
    const row = /^  row=(\d+) /.exec(line)?.[1];
    if (row !== undefined) rows.set(row, line);
  }
  return [...rows.values()].map((line) => ({
    operation: /^  row=\d+ (\S+)/.exec(line)?.[1] ?? '',
    version: field(line, 'version') ?? '',
    count: Number(field(line, 'count')),
    bytes: Number(field(line, 'bytes')),
    attributes: attributesOf(line),
  }));
};

export const debugSpans = (text: string): DebugSpan[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('  NFS '))
    .map((line) => ({
      name: /^  (NFS \S+)/.exec(line)?.[1] ?? '',
      duration: Number.parseFloat(field(line, 'duration') ?? ''),
      attributes: attributesOf(line),
    }));
