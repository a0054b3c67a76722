import { parseArgs } from 'node:util';
import { NfscopeError, suggest } from '@nfscope/pipeline';
import { logLevels, type LogLevel } from './log.ts';

/** What the user asked for. Without `config` the built-in configuration is meant. */
export type Command =
  | { readonly name: 'run'; readonly config: string | undefined; readonly logLevel: LogLevel }
  | { readonly name: 'validate'; readonly config: string | undefined }
  | { readonly name: 'components' }
  | { readonly name: 'doctor'; readonly output: Output; readonly procfs: string }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

const outputs = ['text', 'json'] as const;
export type Output = (typeof outputs)[number];

const commands = ['run', 'validate', 'components', 'doctor'] as const;

const options = {
  config: { type: 'string', short: 'c' },
  help: { type: 'boolean', short: 'h' },
  'log-level': { type: 'string' },
  output: { type: 'string', short: 'o' },
  procfs: { type: 'string' },
  version: { type: 'boolean' },
} as const;

const allowed: Readonly<Record<(typeof commands)[number], readonly (keyof typeof options)[]>> = {
  run: ['config', 'log-level'],
  validate: ['config'],
  components: [],
  doctor: ['output', 'procfs'],
};

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
    const takesText = options[name as keyof typeof options].type === 'string';
    // `--config --log-level` is a forgotten file, not a file of that name.
    if (takesText && (!value || (!inlineValue && value.startsWith('-')))) throw wrong(`${rawName} needs a value`);
    if (!takesText && value !== undefined) throw wrong(`${rawName} takes no value`);
    if (given.findIndex((option) => option.name === name) < index) throw wrong(`${rawName} is given twice`);
  }
  const [word, ...more] = positionals;
  if (word === undefined) throw wrong('no command given', `Commands: ${commands.join(', ')}; see \`nfscope --help\`.`);
  const name = commands.find((command) => command === word);
  if (name === undefined) throw wrong(`unknown command ${JSON.stringify(word)}`, suggest(word, commands));
  if (more.length > 0) throw wrong(`unexpected argument ${JSON.stringify(more[0])}`, `A configuration is given with --config.`);
  for (const option of given) {
    if (!allowed[name].includes(option.name as keyof typeof options)) throw wrong(`\`nfscope ${name}\` has no option ${option.rawName}`);
  }
  if (name === 'components') return { name };
  if (name === 'doctor') {
    const wanted = (values.output as string | undefined) ?? 'text';
    const output = outputs.find((candidate) => candidate === wanted);
    if (output === undefined) throw wrong(`unknown output ${JSON.stringify(wanted)}`, suggest(wanted, outputs));
    return { name, output, procfs: (values.procfs as string | undefined) ?? '/proc' };
  }
  const config = values.config as string | undefined;
  if (name === 'validate') return { name, config };
  const level = (values['log-level'] as string | undefined) ?? 'info';
  const logLevel = logLevels.find((candidate) => candidate === level);
  if (logLevel === undefined) throw wrong(`unknown log level ${JSON.stringify(level)}`, suggest(level, logLevels));
  return { name, config, logLevel };
};

const wrong = (what: string, mend?: string): NfscopeError =>
  new NfscopeError('NFS-105', what, 'command line', mend === undefined ? {} : { mend });

export const helpText = `nfscope: which pod drives which NAS, with what latency, and is anything stuck

Usage
  nfscope run [--config FILE] [--log-level LEVEL]   count the NFS operations of this node until SIGTERM or SIGINT
  nfscope validate [--config FILE]                  check a configuration, start nothing
  nfscope components                                list the components a configuration can name
  nfscope doctor [-o text|json] [--procfs FOLDER]   say what this node lacks for nfscope, and what mends it
  nfscope --help | --version

Options
  -c, --config FILE     YAML in the shape of an OpenTelemetry Collector's; without it a built-in one is used,
                        which serves http://127.0.0.1:9464/metrics
      --log-level LEVEL debug, info (default), warn or error; JSON lines on standard error
  -o, --output FORMAT   text (default) or json, on standard output
      --procfs FOLDER   where the procfs of the node is mounted (default /proc), such as /host/proc in a container
  -h, --help            this text
      --version         the version

Exit codes
  0  done, or ended by SIGTERM or SIGINT (a second signal ends at once, with 1)
  1  an unexpected error; standard error has its stack
  2  wrong input or environment; standard error has one line: code, place, cause, remedy
  nfscope doctor: 0 all is well, 1 it runs within limits or something could not be told, 2 it would not run
`;
