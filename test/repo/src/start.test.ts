// `npm start` as a newcomer meets it: a fresh clone, an empty home, as root and as somebody without rights, with a
// terminal and without.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freshClone, inScript, installed, us, type Place } from './fresh-clone.ts';
import { root } from './tree.ts';

/** Nobody's, in every Linux. */
const NOBODY = 65534;
/** What a second start may take to its first sample, on a machine that does nothing else; a busy one gets three times that. */
const BUDGET_MS = 5_000;
const STOP_MS = 10_000;

const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(LANG|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|\w+_proxy|npm_config_registry)$/i.test(name)),
  ),
  PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
  TERM: 'xterm',
};

/** Words that run a command as somebody else. */
const as = (uid: number): string[] => (uid === us ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']);

interface Start {
  output(): string;
  /** Milliseconds until the page had its first operation. */
  readonly sampleMs: number;
  page(): Promise<string>;
  /** Ctrl-C on a terminal, else SIGINT; returns the exit status. */
  interrupt(): Promise<number | null>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const groups: number[] = [];
afterEach(() => {
  for (const group of groups.splice(0)) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It ended by itself, as it should.
    }
  }
});

/** Runs `npm start` until its page has an operation. */
const start = async ({ clone, home }: Place, uid: number, terminal: boolean): Promise<Start> => {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const words = [...as(uid), ...(terminal ? ['script', '-qec', 'exec npm start', '/dev/null'] : ['npm', 'start'])];
  const began = performance.now();
  const child = spawn(words[0]!, words.slice(1), {
    cwd: clone,
    env: { ...env, HOME: home, NFSCOPE_ENDPOINT: endpoint },
    detached: true,
  });
  groups.push(child.pid!);
  const ended = once(child, 'exit').then(([status]) => status as number | null);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const page = async (): Promise<string> => (await fetch(`http://${endpoint}/metrics`)).text();
  while (!/^nfs_io_duration_seconds_count\{/m.test(await page().catch(() => ''))) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${output}`);
    await pause(50);
  }
  return {
    output: () => output,
    sampleMs: performance.now() - began,
    page,
    interrupt: async () => {
      if (terminal) child.stdin.write('\x03');
      else child.kill('SIGINT');
      return Promise.race([ended, pause(STOP_MS).then(() => Promise.reject(new Error(`still there after ${STOP_MS} ms`)))]);
    },
  };
};

/** Processes that work in a folder. */
const processesIn = (folder: string): string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });

const missingPackages = (clone: string, kind: string): string[] =>
  JSON.parse(inScript(clone, 'packages', `console.log(JSON.stringify(module.missingPackages('${kind}')))`)) as string[];

/** What npm shows while it looks around, and wipes off again. */
const wiped = /^.*\x1b\[1G\x1b\[0K/gm; // eslint-disable-line no-control-regex -- it is what a terminal gets

/** Without npm's own lines about what it runs. */
const ownLines = (output: string): string[] =>
  output
    .replace(wiped, '')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('>'));

/** Why this user's start cannot be tried here. */
const obstacle = (uid: number): string | undefined => {
  if (uid !== us && us !== 0) return 'needs root';
  if (uid === 0 && existsSync('/sys/module/nfs')) return 'this kernel has an NFS client, so root does not replay; the lab starts it live';
  const [command, ...words] = [...as(uid), process.execPath, '-v'];
  if (spawnSync(command, words).status !== 0) return 'Node is where this user may not run it';
  if (spawnSync('npm', ['view', 'rxjs', 'version'], { cwd: tmpdir(), timeout: 30_000 }).status !== 0)
    return 'the npm registry cannot be reached';
  return undefined;
};

const users = [
  { who: 'root', uid: 0, terminalFirst: false },
  { who: 'somebody without rights', uid: us === 0 ? NOBODY : us, terminalFirst: true },
];

describe.each(users)('npm start as $who', ({ who, uid, terminalFirst }) => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-start-'));
  let reason: string | undefined;
  let place: Place;
  beforeAll(() => {
    reason = obstacle(uid);
    if (reason === undefined) place = freshClone(folder, uid);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }), 60_000);

  const shows = async ({ output, page }: Start, terminal: boolean): Promise<void> => {
    const expected = terminal
      ? /POD +SERVER +EXPORT[^]*\x1b\[\d+A\x1b\[J[^]*POD +SERVER/ // eslint-disable-line no-control-regex -- it is what a terminal gets
      : /(^\d\d:\d\d:\d\dZ {2}\d+ active, .*\n[^]*){2}/m;
    await expect.poll(output, { timeout: 20_000 }).toMatch(expected);
    if (!terminal) expect(output()).not.toContain('\x1b');
    expect(await page()).toMatch(/^nfs_io_duration_seconds_count\{.*k8s_pod_name="orders"/m);
  };
  const ends = async ({ interrupt }: Start): Promise<void> => {
    expect(await interrupt()).toBe(0);
    expect(processesIn(folder)).toEqual([]);
  };

  test(`in a fresh clone, ${terminalFirst ? 'with' : 'without'} a terminal`, { timeout: 240_000 }, async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const it = await start(place, uid, terminalFirst);
    const lines = ownLines(it.output());
    expect(lines[0]).toMatch(/^nfscope replays a recording, since .+; for the real thing: .*`(sudo )?npm start`$/);
    const before = lines.slice(
      1,
      lines.findIndex((line) => line.startsWith('npm ci ...')),
    );
    const named = [...before.join('\n').matchAll(/(\S+) (\d+\.\d+\.\d+[^\s,]*)(?=,|$)/gm)].map((match) => `${match[1]} ${match[2]}`);
    const there = [...new Set(installed(join(place.clone, 'node_modules')))].toSorted();
    expect(there.length).toBeGreaterThan(10);
    expect(named).toEqual(there);
    await shows(it, terminalFirst);
    await ends(it);
    console.log(`first start as ${who}: first sample after ${(it.sampleMs / 1000).toFixed(1)} s`);
    // What the tests need besides is still missed.
    expect(missingPackages(place.clone, 'run')).toEqual([]);
    expect(missingPackages(place.clone, 'all').map((one) => one.split(' ')[0])).toEqual(expect.arrayContaining(['vitest', 'turbo']));
  });

  test(`again, ${terminalFirst ? 'without' : 'with'} one`, { timeout: 60_000 }, async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const it = await start(place, uid, !terminalFirst);
    expect(it.output()).not.toContain('npm ci');
    await shows(it, !terminalFirst);
    await ends(it);
    console.log(`second start as ${who}: first sample after ${(it.sampleMs / 1000).toFixed(1)} s, of ${BUDGET_MS / 1000} s`);
    expect(it.sampleMs).toBeLessThan(3 * BUDGET_MS);
  });

  if (uid === 0) return;
  test('what it brought is enough to build the kernel side, too, once', { timeout: 120_000 }, (context) => {
    if (reason !== undefined) return context.skip(reason);
    const build = (): string => inScript(place.clone, 'kernel-side', 'if (!(await module.buildKernelSide())) process.exitCode = 1');
    expect(build()).toMatch(/^addon \.\.\. .* s\nkernel program \.\.\. .* s\n$/);
    expect(existsSync(join(place.clone, 'native/dist/nfscope.node')) && existsSync(join(place.clone, 'bpf/dist/nfs.bpf.o'))).toBe(true);
    expect(build()).toBe('');
  });

  test('by sudo, nothing in the clone comes to belong to root', { timeout: 60_000 }, async (context) => {
    reason ??= us === 0 ? obstacle(0) : 'needs root';
    if (reason !== undefined) return context.skip(reason);
    await ends(await start(place, 0, false));
    expect(execFileSync('find', [place.clone, '-user', '0'], { encoding: 'utf8' })).toBe('');
  });
});

test('where everything is installed nothing is missed', () => {
  expect(missingPackages(root, 'all')).toEqual([]);
});
