import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
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

// `nfscope schema | head -1`: what is not read any more is not missed by anybody.
test.each(['components', 'schema', '--help', '--version'])(
  '%s ends with 0 and without a word when nobody reads it',
  { timeout: 30_000 },
  async (word) => {
    const { child, ended } = launch([word]);
    child.stdout.destroy();
    expect(await text(child.stderr)).toBe('');
    expect(await ended).toBe(0);
  },
);

test('a run whose log nobody reads goes on', { timeout: 30_000 }, async () => {
  const { child, ended } = launch(['run', '--config', config]);
  child.stderr.destroy();
  for (let ticks = 0; ticks < 3; ticks++) await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

/** A configuration that ticks into `exporter`, with its own metrics at `endpoint`. */
const ticking = (exporter: string, endpoint: string): string => `receivers: { tick: {} }
connectors: { snapshot: {} }
exporters: { ${exporter}: {} }
service:
  telemetry: { metrics: { endpoint: '${endpoint}' }, logs: { level: debug } }
  pipelines:
    nfs: { receivers: [tick], exporters: [snapshot] }
    metrics: { receivers: [snapshot], exporters: [${exporter}] }
`;

/** Listens on a port of this machine that nobody else has. */
const listening = async (): Promise<{ readonly endpoint: string; close(): Promise<void> }> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

/** A run of a configuration of one's own, whose log and own metrics can be waited for. */
const reloading = async (file: string, endpoint: string) => {
  const { child, ended } = launch(['run', '--config', file]);
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  let ticks = 0;
  child.stdout.on('data', () => ticks++);
  const until = async (what: string, seen: () => boolean): Promise<void> => {
    for (let tries = 0; !seen(); tries++) {
      if (tries > 200) throw new Error(`not seen: ${what}\n${log.join('\n')}`);
      await pause(25);
    }
  };
  const logged = (part: string, times = 1): Promise<void> => until(part, () => log.filter((line) => line.includes(part)).length >= times);
  const value = async (metric: string): Promise<number> => {
    const page = await (await fetch(`http://${endpoint}/metrics`)).text();
    return Number(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(page)?.[1]);
  };
  await until('ticks', () => ticks > 0);
  return { child, ended, log, logged, value, until, ticks: () => ticks };
};

describe('a backend that hangs', () => {
  /** A run that exports to whoever takes the connection and says nothing, once it was asked. */
  const hanging = async () => {
    let taken = (): void => {};
    const asked = new Promise<void>((resolve) => (taken = resolve));
    const backend = createServer((socket) => socket.on('error', () => {}).once('data', () => taken()));
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    const { port } = backend.address() as AddressInfo;
    const file = join(folder, `hang-${port}.yaml`);
    const own = ticking('otlp_grpc', '127.0.0.1:0').replace(
      'otlp_grpc: {}',
      `otlp_grpc: { endpoint: 'http://127.0.0.1:${port}', interval: 100ms }`,
    );
    await writeFile(file, own);
    const { child, ended } = launch(['run', '--config', file]);
    const err = text(child.stderr);
    await asked;
    return { child, ended, err, close: () => backend.close() };
  };

  test('is given up within 10 s, with 0, and what was not exported is told', { timeout: 20_000 }, async () => {
    const { child, ended, err, close } = await hanging();
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await err).toContain('the last batches were not exported');
    close();
  });

  test('does not keep a second signal waiting', { timeout: 20_000 }, async () => {
    const { child, ended, close } = await hanging();
    child.kill('SIGTERM');
    await pause(300);
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toBe(1);
    expect(performance.now() - began).toBeLessThan(1_000);
    close();
  });
});

describe('a terminal that is closed', () => {
  /** Closes the terminal of a run, whose streams are led elsewhere by these words of the shell; resolves with its log. */
  const closed = async (name: string, words: string, seen: string): Promise<{ log: string; crashes: string[]; pid: number }> => {
    const place = join(folder, name.replaceAll(/\W/g, '-'));
    await mkdir(place);
    await writeFile(join(place, 'config.yaml'), ticking('debug', '127.0.0.1:0'));
    const node = `${process.execPath} --report-uncaught-exception --report-directory=${place} ${program}`;
    const command = `echo $$ >pid; exec ${words.replace('NODE', `${node} run --config config.yaml`)}`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd: place, stdio: ['pipe', 'pipe', 'ignore'] });
    started.push(terminal);
    const shown = text(terminal.stdout);
    const read = (file: string): Promise<string> => readFile(join(place, file), 'utf8').catch(() => '');
    await vi.waitFor(async () => expect(await read('log')).toContain('ticking is near'), 10_000);
    const pid = Number(await read('pid'));
    pids.push(pid);
    terminal.kill('SIGKILL');
    await shown;
    await vi.waitFor(async () => expect(await read('log')).toContain(seen), 10_000);
    return { log: await read('log'), crashes: (await readdir(place)).filter((file) => file.endsWith('.json')), pid };
  };
  const pids: number[] = [];
  const runs = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  afterAll(() => pids.filter(runs).forEach((pid) => process.kill(pid, 'SIGKILL')));

  test.each([
    ['its input', 'NODE >out 2>log'],
    ['its output', 'NODE </dev/null 2>log'],
  ])('ends in order what has %s there', { timeout: 30_000 }, async (name, words) => {
    const { log, crashes, pid } = await closed(name, words, 'shuts down exporter debug');
    await vi.waitFor(() => expect(runs(pid)).toBe(false), 10_000);
    expect(crashes).toEqual([]);
    expect(log).not.toContain('loaded anew');
  });

  test('is a reload with nohup', { timeout: 30_000 }, async () => {
    const { pid } = await closed('nohup', 'nohup NODE >out 2>log', 'the configuration was loaded anew');
    expect(runs(pid)).toBe(true);
    process.kill(pid, 'SIGTERM');
    await vi.waitFor(() => expect(runs(pid)).toBe(false), 10_000);
  });
});

describe('a reload', () => {
  test(
    'at SIGHUP: an exporter is replaced, the receiver goes on, a bad file changes nothing but a gauge',
    { timeout: 15_000 },
    async () => {
      const { endpoint, close } = await listening();
      await close();
      const file = join(folder, 'hup.yaml');
      await writeFile(file, ticking('debug', endpoint));
      const { child, ended, log, logged, value, until, ticks } = await reloading(file, endpoint);
      expect(await value('nfscope_configuration_current')).toBe(1);
      expect(await value('otelcol_receiver_accepted_nfs_records_total')).toBe(0);
      expect(await value('otelcol_process_memory_rss')).toBeGreaterThan(1e7);

      await writeFile(file, ticking('debug/2', endpoint));
      child.kill('SIGHUP');
      await logged('the configuration was loaded anew');
      expect(log.filter((line) => line.includes('ticking is near'))).toHaveLength(1);
      expect(log.filter((line) => /starts exporter debug\/2|shuts down exporter debug"/.test(line))).toHaveLength(2);

      await writeFile(file, 'receivers: [');
      child.kill('SIGHUP');
      await logged('NFS-102');
      expect(await value('nfscope_configuration_current')).toBe(0);
      const before = ticks();
      await until('more ticks', () => ticks() > before);

      await writeFile(file, ticking('debug', endpoint));
      child.kill('SIGHUP');
      // Not by its line in the log: what is written and asked for may be loaded twice, by the look at the file and at SIGHUP.
      await vi.waitFor(async () => expect(await value('nfscope_configuration_current')).toBe(1), 10_000);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
  );

  test('when Kubernetes replaces the folder of a ConfigMap', { timeout: 15_000 }, async () => {
    const { endpoint, close } = await listening();
    await close();
    // As the kubelet does: config.yaml -> ..data/config.yaml, ..data -> ..1, and the next ..data by a rename.
    const map = join(folder, 'configmap');
    const replace = async (name: string, content: string): Promise<void> => {
      await mkdir(join(map, name), { recursive: true });
      await writeFile(join(map, name, 'config.yaml'), content);
      await symlink(name, join(map, '..data_tmp'));
      await rename(join(map, '..data_tmp'), join(map, '..data'));
    };
    await replace('..1', ticking('debug', endpoint));
    await symlink('..data/config.yaml', join(map, 'config.yaml'));
    const { child, ended, logged } = await reloading(join(map, 'config.yaml'), endpoint);
    for (const next of ['debug/2', 'debug/3']) {
      await replace(`..${next.slice(-1)}`, ticking(next, endpoint));
      await logged(`starts exporter ${next}`);
    }
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('that wants an address which is taken: all of the configuration before goes on', { timeout: 15_000 }, async () => {
    const [free, taken] = [await listening(), await listening()];
    await free.close();
    const file = join(folder, 'taken.yaml');
    await writeFile(file, ticking('debug', free.endpoint));
    const { child, ended, log, logged, value } = await reloading(file, free.endpoint);
    await writeFile(file, ticking('debug/2', taken.endpoint));
    await logged('NFS-301');
    expect(await value('nfscope_configuration_current')).toBe(0);
    expect(log.some((line) => line.includes('debug/2'))).toBe(false);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await taken.close();
  });
});

test('an address for its own metrics that is taken is one line, if it was asked for', async () => {
  const taken = await listening();
  const file = join(folder, 'own.yaml');
  await writeFile(file, ticking('debug', taken.endpoint));
  const { err, code } = await finish(['run', '--config', file]);
  expect(err).toMatch(/^NFS-301 service::telemetry::metrics: cannot listen on 127\.0\.0\.1:\d+: another process listens there\. .*\n$/);
  expect(code).toBe(2);
  await taken.close();
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
      /^TYPE +KIND .*\ntick +receiver +nfs +development +Ticks\.\nsnapshot +connector +nfs -> metrics +development .*\ndebug +exporter +nfs, metrics, traces, logs +beta .*\notlp_grpc +exporter +metrics, traces, logs +development .*\n$/,
    ],
  ])('%j', async (args, out) => {
    const ended = await finish(args);
    expect(ended.out).toMatch(out);
    expect(ended).toMatchObject({ err: '', code: 0 });
  });
});
