import { NfscopeError } from '@nfscope/pipeline';
import { expect, test } from 'vitest';
import { parseCommandLine, type Command } from './command-line.ts';

test.each<[line: string, command: Command]>([
  ['run', { name: 'run', config: undefined, logLevel: 'info' }],
  ['run --config a.yaml --log-level debug', { name: 'run', config: 'a.yaml', logLevel: 'debug' }],
  ['--config=a.yaml run', { name: 'run', config: 'a.yaml', logLevel: 'info' }],
  ['run -c a.yaml', { name: 'run', config: 'a.yaml', logLevel: 'info' }],
  ['record', { name: 'record', config: undefined, logLevel: 'info', output: 'nfscope.recording', durationMs: undefined }],
  ['record -o a --duration 1.5m', { name: 'record', config: undefined, logLevel: 'info', output: 'a', durationMs: 90_000 }],
  ['replay a', { name: 'replay', config: undefined, logLevel: 'info', file: 'a', speed: 1, atEnd: 'loop' }],
  [
    'replay -c b.yaml a --speed 2.5 --at-end hold',
    { name: 'replay', config: 'b.yaml', logLevel: 'info', file: 'a', speed: 2.5, atEnd: 'hold' },
  ],
  ['replay a --speed max', { name: 'replay', config: undefined, logLevel: 'info', file: 'a', speed: 'max', atEnd: 'loop' }],
  ['validate', { name: 'validate', config: undefined }],
  ['validate --config a.yaml', { name: 'validate', config: 'a.yaml' }],
  ['components', { name: 'components' }],
  ['doctor', { name: 'doctor', output: 'text', procfs: '/proc' }],
  ['doctor -o json --procfs /host/proc', { name: 'doctor', output: 'json', procfs: '/host/proc' }],
  ['cleanup', { name: 'cleanup', pinPath: '/sys/fs/bpf/nfscope' }],
  ['cleanup --pin-path /sys/fs/bpf/a', { name: 'cleanup', pinPath: '/sys/fs/bpf/a' }],
  ['-h', { name: 'help' }],
  ['run --bogus --help', { name: 'help' }],
  ['--version', { name: 'version' }],
])('nfscope %s', (line, command) => {
  expect(parseCommandLine(line.split(' '))).toEqual(command);
});

test.each<[line: string, what: string, mend: string]>([
  ['', 'no command given', 'Commands: run, record, replay, validate, components, doctor, cleanup; see `nfscope --help`.'],
  ['rnu', 'unknown command "rnu"', 'Did you mean "run"?'],
  ['top', 'unknown command "top"', 'Allowed here: run, record, replay, validate, components, doctor, cleanup.'],
  ['run --confg a.yaml', 'unknown option --confg', 'Did you mean "--config"?'],
  [
    'run -x',
    'unknown option -x',
    'Allowed here: --at-end, --config, --duration, --help, --log-level, --output, --pin-path, --procfs, --speed, --version.',
  ],
  ['run --config', '--config needs a value', 'See `nfscope --help`.'],
  ['run --config=', '--config needs a value', 'See `nfscope --help`.'],
  ['run --config --log-level', '--config needs a value', 'See `nfscope --help`.'],
  ['run --log-level', '--log-level needs a value', 'See `nfscope --help`.'],
  ['run --log-level loud', 'unknown log level "loud"', 'Allowed here: debug, info, warn, error.'],
  ['run --log-level eror', 'unknown log level "eror"', 'Did you mean "error"?'],
  ['replay', 'no recording given', 'Name its file: nfscope replay FILE.'],
  ['replay a b', 'unexpected argument "b"', 'A configuration is given with --config.'],
  ['replay a --speed 0', '--speed "0" is no number above zero', 'Such as 1, 0.5 or 10; or max.'],
  ['replay a --speed fast', '--speed "fast" is no number above zero', 'Such as 1, 0.5 or 10; or max.'],
  ['replay a --at-end lop', 'unknown end "lop"', 'Did you mean "loop"?'],
  ['record --duration 5', '--duration "5": expected a time such as 100ms, 1s, 5m or 1h', 'See `nfscope --help`.'],
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
