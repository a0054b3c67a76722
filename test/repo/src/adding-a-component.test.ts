// docs/adding-a-component.md does what it says, in a clone: its files are written, its commands run, and what they print is compared.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshClone, us } from './fresh-clone.ts';
import { files, root, text } from './tree.ts';

type Step = { readonly file: string; readonly content: string } | { readonly command: string; readonly output: string };

/** Everything a reader types, in order. */
const steps: readonly Step[] = [
  ...text('docs/adding-a-component.md').matchAll(/^```(?:(?:ts|yaml) (\S+)|console)\n([^]*?)^```$/gm),
].flatMap(([, file, content = '']): Step[] =>
  file === undefined
    ? content
        .split(/^\$ /m)
        .slice(1)
        .map((part) => ({ command: part.slice(0, part.indexOf('\n')), output: part.slice(part.indexOf('\n') + 1) }))
    : [{ file, content }],
);

/** The output as an expression: a line of `...` stands for any number of lines. */
const shown = (output: string): RegExp =>
  new RegExp(
    `^${output
      .split(/^\.\.\.\n/m)
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
      .join('(?:.*\\n)*')}$`,
  );

const folder = mkdtempSync(join(tmpdir(), 'nfscope-new-'));
let clone = '';
let reason: string | undefined;
beforeAll(() => {
  ({ clone } = freshClone(folder, us));
  // What `npm ci` and a build would make of it. Links for what npm alone writes; what the compiler writes to is copied.
  if (spawnSync('cp', ['-al', join(root, 'node_modules'), clone]).status !== 0)
    execFileSync('cp', ['-a', join(root, 'node_modules'), clone]);
  const manifests = files.filter((path) => /^(packages\/[^/]+|native|bpf)\/package\.json$/.test(path)).map(dirname);
  for (const of of manifests)
    for (const built of ['dist', 'tsconfig.tsbuildinfo'])
      if (existsSync(join(root, of, built))) execFileSync('cp', ['-a', join(root, of, built), join(clone, of)]);
  if (spawnSync('npm', ['--version']).status !== 0) reason = 'npm is not there';
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }), 60_000);

const env = { ...process.env, CI: '', NO_COLOR: '1', NODE_OPTIONS: '', PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
for (const name of Object.keys(env)) if (/^(VITEST|FORCE_COLOR)/.test(name)) delete (env as Record<string, unknown>)[name];
const run = (command: string) => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: clone, env, encoding: 'utf8', timeout: 240_000 });
  return { status, stdout, stderr };
};

test('the page does what it says', { timeout: 600_000 }, (context) => {
  if (reason !== undefined) return context.skip(reason);
  expect(steps.length).toBeGreaterThan(10);
  for (const step of steps) {
    if ('file' in step) {
      writeFileSync(join(clone, step.file), step.content);
      continue;
    }
    const { stdout, stderr } = run(step.command);
    expect(stdout, `${step.command}\n${stderr}`).toMatch(shown(step.output));
  }
});

describe('npm run new refuses', () => {
  test.each([
    ['nothing', '', 'usage: npm run new exporter-NAME, such as exporter-kafka'],
    ['two names', 'exporter-a exporter-b', 'usage: npm run new exporter-NAME, such as exporter-kafka'],
    ['another kind', 'receiver-file', '"receiver-file" is no name of an exporter'],
    ['a name that no package has', 'exporter-Kafka', '"exporter-Kafka" is no name of an exporter'],
    ['a way out of the folder', 'exporter-../x', '"exporter-../x" is no name of an exporter'],
    ['a package that is there', 'exporter-prometheus', 'packages/exporter-prometheus has the type prometheus already'],
    ['a type that is there', 'exporter-otlp-grpc', 'packages/exporter-otlp has the type otlp_grpc already'],
  ])('%s', (_, words, line) => {
    const before = run('git status --short').stdout;
    const { status, stdout, stderr } = run(`npm run -s new ${words}`);
    expect({ status, stdout, line: stderr.slice(0, line.length), lines: stderr.split('\n').length }).toEqual({
      status: 2,
      stdout: '',
      line,
      lines: 2,
    });
    expect(run('git status --short').stdout).toBe(before);
  });

  test('and what fails halfway leaves nothing', () => {
    const before = run('git status --short').stdout;
    const agent = readFileSync(join(clone, 'packages/agent/package.json'), 'utf8');
    // An npm that fails.
    writeFileSync(join(folder, 'npm'), '#!/bin/sh\necho no network >&2\nexit 1\n', { mode: 0o755 });
    const { status, stderr } = run(`PATH=${folder}:$PATH node scripts/new.mjs exporter-half`);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'nothing was made: npm install: no network\n' });
    expect(run('git status --short').stdout).toBe(before);
    expect(readFileSync(join(clone, 'packages/agent/package.json'), 'utf8')).toBe(agent);
  });
});
