// What the API server is asked for in ten minutes of every fault, by a clock of the test, with the times that ship.
import { ApiError, paced, type ApiServer } from '@nfscope/kubernetes';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { objectFacts } from '../object-facts.ts';
import { defaultPace, watchObjects } from '../object-watch.ts';
import { nameTable } from '../testing/name-table.ts';

const OUTAGE_MS = 600_000;
/** Until everything is right again: a watch that went silent is given up, pauses end, and a list has its turn. */
const HEALED_MS = defaultPace.silenceMs + 60_000;

interface Asked {
  readonly kind: 'list' | 'watch';
  readonly path: string;
  readonly isPage: boolean;
  readonly atMs: number;
  /** Whether the server heard of it. */
  hasArrived: boolean;
}
/** Undefined where the server does as it should. */
type Fault = (kind: Asked['kind']) => AsyncIterable<string> | Promise<never> | undefined;

const said = async function* (...pieces: string[]): AsyncGenerator<string> {
  yield* pieces;
};
const after = (ms: number, error: Error): Promise<never> => new Promise((_, reject) => setTimeout(reject, ms, error));
const refused = (): Promise<never> => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }));
const status = (code: number, retryAfterMs = 0): Promise<never> => Promise.reject(new ApiError(code, 'no', { retryAfterMs }));
const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { syscall: 'read' });
const cut = async function* (...pieces: string[]): AsyncGenerator<string> {
  yield* pieces;
  throw reset();
};
const silent = async function* (): AsyncGenerator<string> {
  yield await after(defaultPace.silenceMs, new Error('silent'));
};
const errorEvent = (code: number): string => `${JSON.stringify({ type: 'ERROR', object: { code, message: 'no' } })}\n`;

const watches =
  (answer: () => AsyncIterable<string> | Promise<never>): Fault =>
  (kind) =>
    kind === 'watch' ? answer() : undefined;
const all =
  (answer: () => AsyncIterable<string> | Promise<never>): Fault =>
  () =>
    answer();

const faults: Readonly<Record<string, Fault>> = {
  'nobody listens': all(refused),
  'no answer at all': all(() => after(defaultPace.headersMs, new Error('no answer'))),
  'connections are reset': all(() => Promise.reject(reset())),
  '401': all(() => status(401)),
  '403': all(() => status(403)),
  '429': all(() => status(429)),
  '429 with a Retry-After of 1 s': all(() => status(429, 1000)),
  '500': all(() => status(500)),
  'every list is refused, every watch has expired': (kind) => (kind === 'list' ? status(500) : status(410)),
  '410 as the status of every watch': watches(() => status(410)),
  '410 in every watch': watches(() => said(errorEvent(410))),
  '410 in every list and every watch': all(() => status(410)),
  '500 in every watch': watches(() => said(errorEvent(500))),
  'every watch ends at once': watches(() => said()),
  'every watch is reset at once': watches(() => cut()),
  'every watch is silent': watches(silent),
  'every watch is a page of a proxy': watches(() => said('<html>\n')),
  'every list is a page of a proxy': all(() => said('<html>\n')),
  'every list is cut': (kind) => (kind === 'list' ? cut('{"metadata":{"resourceVersion":"1"},"items":[{"meta') : status(410)),
  'the second page has always expired': (kind) =>
    kind === 'list' ? said('{"metadata":{"resourceVersion":"1","continue":"more"},"items":[]}') : status(410),
};

const resources = ['pods', 'namespaces', 'nodes', 'persistentvolumes', 'persistentvolumeclaims'];
const toStop: (() => Promise<void>)[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  const stopped = Promise.all(toStop.splice(0).map((stop) => stop()));
  await vi.advanceTimersByTimeAsync(HEALED_MS);
  await stopped;
  vi.useRealTimers();
});

/** A server of one list that every resource shares, and what five watches know of it. */
const clusterWith = () => {
  const [truth, events, waiting] = [new Map<string, string>(), [] as { version: number; line: string }[], new Set<() => void>()];
  const asked: Asked[] = [];
  const state: { fault: Fault | undefined; compacted: number; version: number; cuts: number } = {
    fault: undefined,
    compacted: 0,
    version: 1,
    cuts: 0,
  };
  const follow = async function* (since: number, seconds: number, signal: AbortSignal): AsyncGenerator<string> {
    const endsMs = performance.now() + seconds * 1000;
    const { cuts } = state;
    let place = since;
    let wake = (): void => {};
    const abort = (): void => wake();
    signal.addEventListener('abort', abort);
    try {
      while (performance.now() < endsMs && !signal.aborted) {
        for (const { version, line } of events.filter((event) => event.version > place)) {
          place = version;
          yield line;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          waiting.add(resolve);
          setTimeout(resolve, endsMs - performance.now());
        });
        if (state.cuts !== cuts) throw reset();
      }
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
  const server: ApiServer = async (path, _, signal) => {
    const { pathname, searchParams: query } = new URL(path, 'https://127.0.0.1');
    const kind = query.has('watch') ? 'watch' : 'list';
    const one = { kind, path: pathname, isPage: query.has('continue'), atMs: performance.now(), hasArrived: true } as const satisfies Asked;
    asked.push(one);
    // Only lists of a fault have a second page.
    if (one.isPage) return status(410);
    const broken = state.fault?.(kind);
    if (broken instanceof Promise) broken.catch((error) => Object.assign(one, { hasArrived: error.syscall !== 'connect' }));
    if (broken !== undefined) return broken;
    if (kind === 'watch') {
      const since = Number(query.get('resourceVersion'));
      return since < state.compacted ? said(errorEvent(410)) : follow(since, Number(query.get('timeoutSeconds')), signal);
    }
    const items = [...truth].map(([uid, name]) => ({ metadata: { uid, name } }));
    return said(JSON.stringify({ metadata: { resourceVersion: `${state.version}` }, items }));
  };
  const tell = (type: string, uid: string, name: string): void => {
    const version = ++state.version;
    events.push({ version, line: `${JSON.stringify({ type, object: { metadata: { uid, name, resourceVersion: `${version}` } } })}\n` });
    waiting.forEach((resolve) => resolve());
    waiting.clear();
  };
  const tables = resources.map(nameTable);
  const slow = paced(server);
  for (const [place, name] of resources.entries()) {
    const resource = { name, path: `/api/v1/${name}`, facts: objectFacts, optional: name !== 'pods' };
    const watch = watchObjects(slow, resource, tables[place]!, recordingLogger());
    toStop.push(() => watch.stop());
  }
  return {
    state,
    asked,
    known: tables.map(({ known }) => known),
    truth,
    set(uid: string, name = uid) {
      const type = truth.has(uid) ? 'MODIFIED' : 'ADDED';
      truth.set(uid, name);
      tell(type, uid, name);
    },
    delete(uid: string) {
      tell('DELETED', uid, truth.get(uid)!);
      truth.delete(uid);
    },
    /** Cuts what is open. */
    cut() {
      state.cuts++;
      waiting.forEach((resolve) => resolve());
      waiting.clear();
    },
    compact() {
      state.compacted = state.version;
    },
  };
};

const expectFew = (asked: readonly Asked[]): void => {
  const gaps = (some: readonly Asked[]): number[] => some.slice(1).map(({ atMs }, place) => atMs - some[place]!.atMs);
  expect(Math.min(...gaps(asked)), 'ms between two requests').toBeGreaterThanOrEqual(499);
  for (const path of new Set(asked.map((one) => one.path))) {
    const ofPath = asked.filter((one) => one.path === path && one.kind === 'list' && !one.isPage && one.hasArrived);
    expect(Math.min(30_000, ...gaps(ofPath)), `ms between two lists of ${path}`).toBeGreaterThanOrEqual(29_999);
  }
};

describe.each(Object.entries(faults))('ten minutes of: %s', (name, fault) => {
  test('known pods stay known, few requests, and all is right afterwards', async () => {
    const cluster = clusterWith();
    for (let i = 0; i < 10; i++) cluster.set(`pod-${i}`);
    await vi.advanceTimersByTimeAsync(5000);
    expect(cluster.known).toEqual(resources.map(() => cluster.truth));
    const before = new Map(cluster.truth);
    cluster.state.fault = fault;
    cluster.cut();
    await vi.advanceTimersByTimeAsync(OUTAGE_MS / 2);
    // By now nobody knows what the watches were at.
    cluster.compact();
    await vi.advanceTimersByTimeAsync(OUTAGE_MS / 2);
    expect(cluster.known).toEqual(resources.map(() => before));
    cluster.delete('pod-0');
    cluster.set('pod-10');
    cluster.state.fault = undefined;
    // A right is asked for every five minutes.
    await vi.advanceTimersByTimeAsync(name === '403' ? defaultPace.forbiddenMs + HEALED_MS : HEALED_MS);
    expect(cluster.known).toEqual(resources.map(() => cluster.truth));
    expectFew(cluster.asked);
    expect(cluster.asked.length).toBeGreaterThan(resources.length * 2);
  });
});

/** mulberry32: the same faults for the same seed. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

test.each(Array.from({ length: 8 }, (_, seed) => seed))(
  'ten minutes of any of them, with pods that come and go: seed %i',
  { timeout: 20_000 },
  async (seed) => {
    const draw = random(seed);
    const cluster = clusterWith();
    const kinds = Object.values(faults);
    cluster.state.fault = (kind) => (draw() < 0.5 ? undefined : kinds[Math.floor(draw() * kinds.length)]!(kind));
    for (let second = 0; second < OUTAGE_MS / 1000; second += 3) {
      const uids = [...cluster.truth.keys()];
      const uid = uids[Math.floor(draw() * uids.length)];
      if (uid === undefined || draw() < 0.5) cluster.set(`pod-${second}`);
      else if (draw() < 0.7) cluster.delete(uid);
      else cluster.set(uid, `${uid}-at-${second}`);
      if (draw() < 0.01) cluster.compact();
      if (draw() < 0.05) cluster.cut();
      await vi.advanceTimersByTimeAsync(3000);
    }
    cluster.state.fault = undefined;
    await vi.advanceTimersByTimeAsync(defaultPace.forbiddenMs + HEALED_MS + 1.2 * defaultPace.watchMs);
    expect(cluster.known).toEqual(resources.map(() => cluster.truth));
    expectFew(cluster.asked);
  },
);
