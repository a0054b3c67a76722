import { NfscopeError } from '@nfscope/pipeline';
import { expect, test } from 'vitest';
import { parseCommandLine, type Command } from './command-line.ts';

const none = { config: [], set: [] };

test.each<[line: string, command: Command]>([
  ['run', { name: 'run', sources: none, logLevel: 'info' }],
  ['run --config a.yaml --log-level debug', { name: 'run', sources: { config: ['a.yaml'], set: [] }, logLevel: 'debug' }],
  ['--config=a.yaml run', { name: 'run', sources: { config: ['a.yaml'], set: [] }, logLevel: 'info' }],
  ['run -c a.yaml', { name: 'run', sources: { config: ['a.yaml'], set: [] }, logLevel: 'info' }],
  ['record', { name: 'record', sources: none, logLevel: 'info', output: 'nfscope.recording', durationMs: undefined }],
  ['record -o a --duration 1.5m', { name: 'record', sources: none, logLevel: 'info', output: 'a', durationMs: 90_000 }],
  ['replay a', { name: 'replay', sources: none, logLevel: 'info', file: 'a', speed: 1, atEnd: 'loop' }],
  [
    'replay -c b.yaml a --speed 2.5 --at-end hold',
    { name: 'replay', sources: { config: ['b.yaml'], set: [] }, logLevel: 'info', file: 'a', speed: 2.5, atEnd: 'hold' },
  ],
  ['replay a --speed max', { name: 'replay', sources: none, logLevel: 'info', file: 'a', speed: 'max', atEnd: 'loop' }],
  ['validate', { name: 'validate', sources: none }],
  ['validate --config a.yaml', { name: 'validate', sources: { config: ['a.yaml'], set: [] } }],
  ['components', { name: 'components', output: 'text' }],
  ['components -o json', { name: 'components', output: 'json' }],
  ['schema', { name: 'schema' }],
  ['print-config', { name: 'print-config', sources: none }],
  [
    'validate -c a.yaml --set a::b=c --config b.yaml --set=d.e=f=g',
    { name: 'validate', sources: { config: ['a.yaml', 'b.yaml'], set: ['a::b=c', 'd.e=f=g'] } },
  ],
  ['run --set a=', { name: 'run', sources: { config: [], set: ['a='] }, logLevel: 'info' }],
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
  [
    '',
    'no command given',
    'Commands: run, record, replay, validate, print-config, components, schema, doctor, cleanup; see `nfscope --help`.',
  ],
  ['rnu', 'unknown command "rnu"', 'Did you mean "run"?'],
  ['top', 'unknown command "top"', 'Allowed here: run, record, replay, validate, print-config, components, schema, doctor, cleanup.'],
  ['run --confg a.yaml', 'unknown option --confg', 'Did you mean "--config"?'],
  [
    'run -x',
    'unknown option -x',
    'Allowed here: --at-end, --config, --duration, --help, --log-level, --output, --pin-path, --procfs, --set, --speed, --version.',
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
  ['run --log-level info --log-level debug', '--log-level is given twice', 'See `nfscope --help`.'],
  ['schema --config a.yaml', '`nfscope schema` has no option --config', 'See `nfscope --help`.'],
  ['run --set', '--set needs a value', 'See `nfscope --help`.'],
  ['run --set a::b', '--set "a::b" sets nothing', 'Write --set key::key=value.'],
  ['run --set =c', '--set "": a key is empty', 'Write --set key::key=value.'],
  ['run --set a::::b=secret', '--set "a::::b": a key is empty', 'Write --set key::key=value.'],
  ['run --set a::=c', '--set "a::": a key is empty', 'Write --set key::key=value.'],
])('nfscope %s: %s', (line, what, mend) => {
  const parse = (): Command => parseCommandLine(line === '' ? [] : line.split(' '));
  expect(parse).toThrow(NfscopeError);
  expect(parse).toThrow(expect.objectContaining({ code: 'NFS-105', message: what, mend }));
});
