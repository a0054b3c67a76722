import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenario } from '../scenario.ts';

/** What each attempt of guest.sh has to say: its code, and words that tell what, where and how to mend it. */
const attempts: readonly (readonly [name: string, code: string, words: readonly string[]])[] = [
  ['unknown-key', 'NFS-103', ['/run/unknown-key.yaml:', 'intervall', 'interval']],
  ['wrong-type', 'NFS-103', ['/run/wrong-type.yaml:', 'interval']],
  ['not-yaml', 'NFS-102', ['/run/not-yaml.yaml:']],
  ['missing-file', 'NFS-101', ['/run/nowhere.yaml']],
  ['unknown-option', 'NFS-105', ['--confg', '--config']],
  ['no-rights', 'NFS-201', ['CAP_BPF']],
  ['bpf-only', 'NFS-201', ['CAP_PERFMON']],
  ['occupied-port', 'NFS-301', ['127.0.0.1:9464', 'endpoint']],
];

export const badInput: Scenario = {
  name: 'bad-input',
  about: 'wrong configuration, rights, kernel and port: one line each, exit status 2, nothing half-started',
  timeoutMs: 300_000,
  ownRights: true,
  async check(out, checks) {
    for (const [name, code, words] of attempts) {
      const left = (what: string): Promise<string> => readFile(join(out, `${name}.${what}`), 'utf8');
      const said = await left('stderr');
      // Below the line may stand the one of the configuration that is wrong, and a caret.
      const lines = said.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
      checks.equal(`${name}: exit status`, (await left('status')).trim(), '2');
      checks.that(`${name}: one line`, lines.length === 1, said.trim());
      checks.that(
        `${name}: code, cause and mend`,
        [code, ...words].every((word) => said.includes(word)),
        [code, ...words].join(', '),
      );
      checks.equal(`${name}: standard output`, await left('stdout'), '');
      checks.equal(`${name}: programs left`, (await left('programs')).trim(), '0');
      checks.equal(`${name}: listeners left`, (await left('listeners')).trim(), name === 'occupied-port' ? '1' : '0');
    }
    checks.equal('with nothing wrong it starts, and ends with status', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
  },
};
