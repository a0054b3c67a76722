import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from './version.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const config = here('../testdata/ticking.yaml');
let folder: string;
let program: string;

// One file, as it is shipped.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nfscope-'));
  program = join(folder, 'agent.mjs');
  await build({
    entryPoints: [here('./testing/ticking-agent.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['nfscope-source'],
    banner: { js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);" },
  });
});
afterAll(() => rm(folder, { recursive: true }));

const started: ChildProcess[] = [];
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

const launch = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, ended };
};

const finish = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { child, ended } = launch(args, env);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
};

/** Runs until the first line of data. */
const running = async (env: Readonly<Record<string, string>> = {}) => {
  const it = launch(['run', '--config', config], env);
  const lines = createInterface({ input: it.child.stderr });
  const announced = once(lines, 'line').then(([line]) => line as string);
  const log: string[] = [];
  lines.on('line', (line) => log.push(line));
  await once(it.child.stdout, 'data');
  return { ...it, log, line: await announced };
};

describe('a run', () => {
  test('says what runs, prints data, and ends with 0 at the first signal', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, ended, line, log } = await running();
      expect(line).toBe(`nfscope ${version} runs nfs: tick -> snapshot; metrics: snapshot -> debug`);
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(log.slice(1).map((record) => JSON.parse(record) as object)).toEqual([
        { level: 'info', time: expect.any(String), component: 'receiver tick', message: 'ticking is near' },
      ]);
    }
  });

  test('a receiver that fails later ends it in order, with one line more', async () => {
    const { err, code } = await finish(['run', '--config', config, '--log-level', 'warn'], { TICK_START: 'brief' });
    expect(err.split('\n').slice(1)).toEqual([expect.stringMatching(/^NFS-202 sunrpc: the module is gone\. /), '']);
    expect(code).toBe(2);
  });

  // Times are what it is about: npm hands Ctrl-C on to whom the terminal has sent it already.
  test.each<[what: string, afterMs: number, code: number | null]>([
    ['within a moment is the first one’s echo', 50, null],
    ['later ends it at once, with 1', 400, 1],
  ])('the same signal again %s', async (_, afterMs, code) => {
    const { child, ended } = await running({ TICK_SHUTDOWN: 'never' });
    child.kill('SIGINT');
    await pause(afterMs);
    child.kill('SIGINT');
    await Promise.race([ended, pause(1000)]);
    expect(child.exitCode).toBe(code);
    child.kill('SIGKILL');
  });

  test('a second signal ends it at once, with 1', async () => {
    const { child, ended } = await running({ TICK_SHUTDOWN: 'never' });
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect(await ended).toBe(1);
  });

  test('a component that never shuts down is given up, within 10 s, with 0', { timeout: 15_000 }, async () => {
    const { child, ended, log } = await running({ TICK_SHUTDOWN: 'never' });
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(log.map((line) => (line.startsWith('{') ? (JSON.parse(line) as object) : line))).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'receiver tick was not shut down before the deadline' }),
    );
  });
});

describe('one line, what it is about, and an exit code', () => {
  test.each<[name: string, args: string[], env: Record<string, string>, code: number, err: RegExp]>([
    ['no command', [], {}, 2, /^NFS-105 command line: no command given\. .*\n$/],
    ['no such file', ['run', '--config', 'none.yaml'], {}, 2, /^NFS-101 none\.yaml: there is no such file\. .*\n$/],
    ['a folder', ['validate', '--config', '/'], {}, 2, /^NFS-101 \/: it is a folder\. .*\n$/],
    [
      'a wrong value',
      ['run', '--config', config],
      { TICK_START: '3' },
      2,
      /^NFS-103 .*ticking\.yaml:3:12: receivers::tick::start: .*\n  3 \| .*\n    \| +\^+\n$/,
    ],
    [
      'the environment refuses the start',
      ['run', '--config', config],
      { TICK_START: 'refused' },
      2,
      /^NFS-201 nfs\.bpf\.o: the kernel says no\. .*\n$/,
    ],
    [
      'an unexpected error has its stack',
      ['run', '--config', config],
      { TICK_START: 'broken' },
      1,
      /^TypeError: undefined is not a function\n( +at .*\n)+$/,
    ],
  ])('%s', async (_, args, env, code, err) => {
    const ended = await finish(args, env);
    expect(ended.err).toMatch(err);
    expect(ended).toMatchObject({ out: '', code });
  });

  test.each<[args: string[], out: RegExp]>([
    [['--version'], new RegExp(`^${version}\n$`)],
    [['--help'], /^nfscope: .*\n\nUsage\n/],
    [['run', '-h'], /Exit codes\n {2}0 /],
    [['validate', '--config', config], /ticking\.yaml is valid\n$/],
    [
      ['components'],
      /^TYPE +KIND .*\ntick +receiver +nfs +development +Ticks\.\nsnapshot +connector +nfs -> metrics +development .*\ndebug +exporter +nfs, metrics +beta .*\n$/,
    ],
  ])('%j', async (args, out) => {
    const ended = await finish(args);
    expect(ended.out).toMatch(out);
    expect(ended).toMatchObject({ err: '', code: 0 });
  });
});
