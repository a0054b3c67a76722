import { parseArgs } from 'node:util';
import { duration, NfscopeError, suggest } from '@nfscope/pipeline';
import type { ConfigSources } from './configuration.ts';
import { logLevels, type LogLevel } from './log.ts';

/** What the user asked for. */
export type Command =
  | { readonly name: 'run'; readonly sources: ConfigSources; readonly logLevel: LogLevel }
  | {
      readonly name: 'record';
      readonly sources: ConfigSources;
      readonly logLevel: LogLevel;
      readonly output: string;
      readonly durationMs: number | undefined;
    }
  | {
      readonly name: 'replay';
      readonly sources: ConfigSources;
      readonly logLevel: LogLevel;
      readonly file: string;
      readonly speed: number | 'max';
      readonly atEnd: AtEnd;
    }
  | { readonly name: 'validate' | 'print-config'; readonly sources: ConfigSources }
  | { readonly name: 'components'; readonly output: Output }
  | { readonly name: 'schema' }
  | { readonly name: 'doctor'; readonly output: Output; readonly procfs: string }
  | { readonly name: 'cleanup'; readonly pinPath: string }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

const outputs = ['text', 'json'] as const;
type Output = (typeof outputs)[number];

/** What replay does when the recording ends. */
const ends = ['loop', 'hold', 'end'] as const;
type AtEnd = (typeof ends)[number];

const commands = ['run', 'record', 'replay', 'validate', 'print-config', 'components', 'schema', 'doctor', 'cleanup'] as const;

const options = {
  'at-end': { type: 'string' },
  config: { type: 'string', short: 'c', multiple: true },
  duration: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  'log-level': { type: 'string' },
  output: { type: 'string', short: 'o' },
  'pin-path': { type: 'string' },
  procfs: { type: 'string' },
  set: { type: 'string', multiple: true },
  speed: { type: 'string' },
  version: { type: 'boolean' },
} as const;

const allowed: Readonly<Record<(typeof commands)[number], readonly (keyof typeof options)[]>> = {
  run: ['config', 'log-level', 'set'],
  record: ['config', 'duration', 'log-level', 'output', 'set'],
  replay: ['at-end', 'config', 'log-level', 'set', 'speed'],
  validate: ['config', 'set'],
  'print-config': ['config', 'set'],
  components: ['output'],
  schema: [],
  doctor: ['output', 'procfs'],
  cleanup: ['pin-path'],
};

/** Where deploy/ pins totals. */
const DEFAULT_PIN_PATH = '/sys/fs/bpf/nfscope';

/** Parses the arguments behind the program's name. Throws NFS-105. */
export const parseCommandLine = (args: readonly string[]): Command => {
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  if (values.help) return { name: 'help' };
  if (values.version) return { name: 'version' };
  const given = tokens.filter((token) => token.kind === 'option');
  const known = Object.keys(options);
  for (const [index, { name, rawName, value, inlineValue }] of given.entries()) {
    if (!known.includes(name)) {
      throw wrong(
        `unknown option ${rawName}`,
        suggest(
          `--${name}`,
          known.map((one) => `--${one}`),
        ),
      );
    }
    const option: { readonly type: string; readonly multiple?: boolean } = options[name as keyof typeof options];
    const takesText = option.type === 'string';
    // `--config --log-level` is a forgotten file, not a file of that name.
    if (takesText && (!value || (!inlineValue && value.startsWith('-')))) throw wrong(`${rawName} needs a value`);
    if (!takesText && value !== undefined) throw wrong(`${rawName} takes no value`);
    if (!option.multiple && given.findIndex((other) => other.name === name) < index) throw wrong(`${rawName} is given twice`);
  }
  const [word, ...more] = positionals;
  if (word === undefined) throw wrong('no command given', `Commands: ${commands.join(', ')}; see \`nfscope --help\`.`);
  const name = commands.find((command) => command === word);
  if (name === undefined) throw wrong(`unknown command ${JSON.stringify(word)}`, suggest(word, commands));
  const [file, extra] = name === 'replay' ? more : [undefined, ...more];
  if (extra !== undefined) throw wrong(`unexpected argument ${JSON.stringify(extra)}`, `A configuration is given with --config.`);
  for (const option of given) {
    if (!allowed[name].includes(option.name as keyof typeof options)) throw wrong(`\`nfscope ${name}\` has no option ${option.rawName}`);
  }
  const outputOf = (): Output => {
    const wanted = (values.output as string | undefined) ?? 'text';
    const output = outputs.find((candidate) => candidate === wanted);
    if (output === undefined) throw wrong(`unknown output ${JSON.stringify(wanted)}`, suggest(wanted, outputs));
    return output;
  };
  if (name === 'schema') return { name };
  if (name === 'components') return { name, output: outputOf() };
  if (name === 'cleanup') return { name, pinPath: (values['pin-path'] as string | undefined) ?? DEFAULT_PIN_PATH };
  if (name === 'doctor') return { name, output: outputOf(), procfs: (values.procfs as string | undefined) ?? '/proc' };
  const sources = { config: (values.config as string[] | undefined) ?? [], set: (values.set as string[] | undefined) ?? [] };
  sources.set.forEach(checkSetting);
  if (name === 'validate' || name === 'print-config') return { name, sources };
  const level = (values['log-level'] as string | undefined) ?? 'info';
  const logLevel = logLevels.find((candidate) => candidate === level);
  if (logLevel === undefined) throw wrong(`unknown log level ${JSON.stringify(level)}`, suggest(level, logLevels));
  if (name === 'record') {
    const output = (values.output as string | undefined) ?? 'nfscope.recording';
    return { name, sources, logLevel, output, durationMs: durationOf(values.duration as string | undefined) };
  }
  if (name === 'replay') {
    if (file === undefined) throw wrong('no recording given', 'Name its file: nfscope replay FILE.');
    const wanted = (values['at-end'] as string | undefined) ?? 'loop';
    const atEnd = ends.find((candidate) => candidate === wanted);
    if (atEnd === undefined) throw wrong(`unknown end ${JSON.stringify(wanted)}`, suggest(wanted, ends));
    return { name, sources, logLevel, file, speed: speedOf((values.speed as string | undefined) ?? '1'), atEnd };
  }
  return { name, sources, logLevel };
};

const checkSetting = (setting: string): void => {
  const [key, value] = setting.split('=', 2);
  // What it is set to may be a secret.
  if (value === undefined) throw wrong(`--set ${JSON.stringify(key)} sets nothing`, 'Write --set key::key=value.');
  if (!/^[^:]+(::?[^:]+)*$/.test(key!)) throw wrong(`--set ${JSON.stringify(key)}: a key is empty`, 'Write --set key::key=value.');
};

const durationOf = (text: string | undefined): number | undefined => {
  const parsed = duration(1).optional().safeParse(text);
  if (!parsed.success) throw wrong(`--duration ${JSON.stringify(text)}: ${parsed.error.issues[0]!.message}`);
  return parsed.data;
};

const speedOf = (text: string): number | 'max' => {
  if (text === 'max') return text;
  const speed = Number(text);
  if (!(speed > 0 && speed < Infinity))
    throw wrong(`--speed ${JSON.stringify(text)} is no number above zero`, 'Such as 1, 0.5 or 10; or max.');
  return speed;
};

const wrong = (what: string, mend?: string): NfscopeError =>
  new NfscopeError('NFS-105', what, 'command line', mend === undefined ? {} : { mend });

/** What `nfscope --help` prints. */
export const helpText = `nfscope: which pod drives which NAS, with what latency, and is anything stuck

Usage
  nfscope run [--config FILE]... [--set KEY=VALUE]... [--log-level LEVEL]
                                                    count the NFS operations of this node until SIGTERM or SIGINT
  nfscope record [--config FILE]... [--output FILE] [--duration TIME]
                                                    run, and write down all that the kernel says
  nfscope replay FILE [--config FILE]... [--speed N] [--at-end WHAT]
                                                    run on a recording instead of the kernel; needs no rights
  nfscope validate [--config FILE]... [--set ...]   check a configuration, start nothing
  nfscope print-config [--config FILE]... [--set ...]
                                                    print it as it is run: merged, with defaults, without secrets
  nfscope components [-o text|json]                 list the components a configuration can name
  nfscope schema                                    print the JSON Schema of a configuration, for editors
  nfscope doctor [-o text|json] [--procfs FOLDER]   say what this node lacks for nfscope, and what mends it
  nfscope cleanup [--pin-path FOLDER]               remove what pin_path keeps in the kernel; an agent that runs counts on
  nfscope --help | --version

Options
  -c, --config FILE     YAML in the shape of an OpenTelemetry Collector's; several are merged in their order, maps key
                        by key. Also yaml:TEXT and env:NAME. Without it a built-in one is used, which serves
                        http://127.0.0.1:9464/metrics
      --set KEY=VALUE   changes one value after that, such as exporters::prometheus::endpoint=:9464; VALUE is YAML
      --log-level LEVEL debug, info (default), warn or error; JSON lines on standard error
  -o, --output WHAT     of doctor and components: text (default) or json; of record: the file
                        (default nfscope.recording)
      --duration TIME   ends a recording: 90s, 5m, 1h
      --speed N         of a replay: 1 (default) is as it was, 10 is ten times as fast, max as fast as it goes
      --at-end WHAT     of a replay: loop (default) begins again, hold stands still, end ends it
      --pin-path FOLDER what to remove (default /sys/fs/bpf/nfscope)
      --procfs FOLDER   where the procfs of the node is mounted (default /proc), such as /host/proc in a container
  -h, --help            this text
      --version         the version

Exit codes
  0  done, or ended by SIGTERM or SIGINT (a second signal ends at once, with 1)
  1  an unexpected error; standard error has its stack
  2  wrong input or environment; standard error has one line: code, place, cause, remedy; and what it is about below
  nfscope doctor: 0 all is well, 1 it runs within limits or something could not be told, 2 it would not run
`;
