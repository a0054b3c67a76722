import { NfscopeError } from '@nfscope/pipeline';
import { expect, test } from 'vitest';
import { parseCommandLine, type Command } from './command-line.ts';

test.each<[line: string, command: Command]>([
  ['run', { name: 'run', config: undefined, logLevel: 'info' }],
  ['run --config a.yaml --log-level debug', { name: 'run', config: 'a.yaml', logLevel: 'debug' }],
  ['--config=a.yaml run', { name: 'run', config: 'a.yaml', logLevel: 'info' }],
  ['run -c a.yaml', { name: 'run', config: 'a.yaml', logLevel: 'info' }],
  ['validate', { name: 'validate', config: undefined }],
  ['validate --config a.yaml', { name: 'validate', config: 'a.yaml' }],
  ['components', { name: 'components' }],
  ['doctor', { name: 'doctor', output: 'text', procfs: '/proc' }],
  ['doctor -o json --procfs /host/proc', { name: 'doctor', output: 'json', procfs: '/host/proc' }],
  ['-h', { name: 'help' }],
  ['run --bogus --help', { name: 'help' }],
  ['--version', { name: 'version' }],
])('nfscope %s', (line, command) => {
  expect(parseCommandLine(line.split(' '))).toEqual(command);
});

test.each<[line: string, what: string, mend: string]>([
  ['', 'no command given', 'Commands: run, validate, components, doctor; see `nfscope --help`.'],
  ['rnu', 'unknown command "rnu"', 'Did you mean "run"?'],
  ['top', 'unknown command "top"', 'Allowed here: run, validate, components, doctor.'],
  ['run --confg a.yaml', 'unknown option --confg', 'Did you mean "--config"?'],
  ['run -x', 'unknown option -x', 'Allowed here: --config, --help, --log-level, --output, --procfs, --version.'],
  ['run --config', '--config needs a value', 'See `nfscope --help`.'],
  ['run --config=', '--config needs a value', 'See `nfscope --help`.'],
  ['run --config --log-level', '--config needs a value', 'See `nfscope --help`.'],
  ['run --log-level', '--log-level needs a value', 'See `nfscope --help`.'],
  ['run --log-level loud', 'unknown log level "loud"', 'Allowed here: debug, info, warn, error.'],
  ['run --log-level eror', 'unknown log level "eror"', 'Did you mean "error"?'],
  ['run a.yaml', 'unexpected argument "a.yaml"', 'A configuration is given with --config.'],
  ['validate --log-level info', '`nfscope validate` has no option --log-level', 'See `nfscope --help`.'],
  ['run -o json', '`nfscope run` has no option -o', 'See `nfscope --help`.'],
  ['doctor -o yaml', 'unknown output "yaml"', 'Allowed here: text, json.'],
  ['doctor --config a.yaml', '`nfscope doctor` has no option --config', 'See `nfscope --help`.'],
  ['run --config a.yaml --config b.yaml', '--config is given twice', 'See `nfscope --help`.'],
])('nfscope %s: %s', (line, what, mend) => {
  const parse = (): Command => parseCommandLine(line === '' ? [] : line.split(' '));
  expect(parse).toThrow(NfscopeError);
  expect(parse).toThrow(expect.objectContaining({ code: 'NFS-105', message: what, mend }));
});
