import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { filter, firstValueFrom, map, startWith, Subject } from 'rxjs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { apiServer } from './api-server.ts';
import { serviceAccountAccess } from './cluster.ts';
import { objectFacts, podFacts } from './object-facts.ts';
import { defaultPace, watchObjects, type Pace } from './object-watch.ts';
import { pause } from './pause.ts';
import type { Resource } from './resource.ts';
import type { Table } from './table.ts';
import { makeServiceAccount, noOpenssl, refuse, ScriptedApiServer, type PodObject } from './testing/scripted-api-server.ts';

const fast: Pace = {
  headersMs: 2000,
  silenceMs: 60_000,
  watchMs: 300_000,
  soundMs: 10_000,
  leastPauseMs: 20,
  mostPauseMs: 200,
  listMs: 0,
  forbiddenMs: 100,
};
type Named = { readonly uid: string; readonly name: string };

/** Those of a resource that not everybody may read. */
const nodes = { name: 'nodes', path: '/api/v1/nodes', fieldSelector: 'metadata.name=node-1', facts: objectFacts, optional: true };
const podsOfNode = { name: 'pods', path: '/api/v1/pods', fieldSelector: 'spec.nodeName=node-1', facts: podFacts };

const pod = (uid: string, more: { node?: string; name?: string } = {}): PodObject => ({
  metadata: { uid, namespace: 'default', name: more.name ?? `name-of-${uid}` },
  spec: { nodeName: more.node ?? 'node-1' },
});

const account = noOpenssl === undefined ? makeServiceAccount() : '';
const other = noOpenssl === undefined ? makeServiceAccount() : '';
const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
  if (account) writeFileSync(join(account, 'token'), 'first\n');
});

const listening = async (): Promise<{ server: ScriptedApiServer; port: number }> => {
  const server = new ScriptedApiServer(account);
  toClose.push(() => server.close());
  return { server, port: await server.listen() };
};

const watching = (port: number, pace: Partial<Pace> = {}, serviceAccountPath = account, resource: Resource<Named> = podsOfNode) => {
  const [known, changed, log] = [new Map<string, string>(), new Subject<void>(), recordingLogger()];
  const table: Table<Named> = {
    apply(changes) {
      for (const change of changes) {
        if (change.kind === 'set') known.set(change.item.uid, change.item.name);
        else known.delete(change.key);
      }
      changed.next();
    },
    replace(items) {
      known.clear();
      for (const { uid, name } of items) known.set(uid, name);
      changed.next();
    },
  };
  const asked = apiServer(serviceAccountAccess('127.0.0.1', port, serviceAccountPath), 'test');
  const watch = watchObjects(asked, resource, table, log, { ...fast, ...pace });
  toClose.push(() => watch.stop());
  const state = (uid: string): string => known.get(uid) ?? 'unknown';
  /** Resolves when an object is what is expected of it. */
  const until = (uid: string, expected: string): Promise<string> =>
    firstValueFrom(
      changed.pipe(
        startWith(undefined),
        map(() => state(uid)),
        filter((now) => now === expected),
      ),
    );
  return { known, log, watch, state, until };
};

describe.skipIf(noOpenssl !== undefined)(`a node's pods${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, () => {
  test('listed, then watched: added, changed, deleted; those of other nodes are not asked for', async () => {
    const { server, port } = await listening();
    server.set(pod('a'));
    server.set(pod('elsewhere', { node: 'node-2' }));
    const { until, state } = watching(port);
    await until('a', 'name-of-a');
    await server.watched();
    server.set(pod('b'));
    await until('b', 'name-of-b');
    server.set(pod('b', { name: 'renamed' }));
    await until('b', 'renamed');
    server.delete('a');
    await until('a', 'unknown');
    expect(state('elsewhere')).toBe('unknown');
    const [[list], [watch]] = [await server.seen('list', 1), await server.seen('watch', 1)];
    expect(Object.fromEntries(list!.query)).toEqual({ fieldSelector: 'spec.nodeName=node-1', limit: '500', resourceVersion: '0' });
    expect(Object.fromEntries(watch!.query)).toMatchObject({
      fieldSelector: 'spec.nodeName=node-1',
      allowWatchBookmarks: 'true',
      resourceVersion: '102',
    });
    const seconds = Number(watch!.query.get('timeoutSeconds'));
    expect(seconds).toBeGreaterThanOrEqual(270);
    expect(seconds).toBeLessThanOrEqual(330);
  });

  test('none, and none ever', async () => {
    const { server, port } = await listening();
    const { until } = watching(port);
    await server.watched();
    server.set(pod('a'));
    await until('a', 'name-of-a');
  });

  test('in pages of 500', async () => {
    const { server, port } = await listening();
    for (let i = 0; i < 1100; i++) server.set(pod(`p${i}`));
    const { until, state } = watching(port);
    await until('p1099', 'name-of-p1099');
    expect([state('p0'), state('p500')]).toEqual(['name-of-p0', 'name-of-p500']);
    const pages = await server.seen('list', 3);
    expect(pages.map(({ query }) => query.get('continue')?.split(':')[1])).toEqual([undefined, '500', '1000']);
    expect(pages[1]!.query.has('resourceVersion')).toBe(false);
  });

  test('in pages, of which the second has expired: from the first again', async () => {
    const { server, port } = await listening();
    for (let i = 0; i < 600; i++) server.set(pod(`p${i}`));
    server.answer('list', (response) => {
      response.end(JSON.stringify({ metadata: { resourceVersion: '100', continue: '100:500' }, items: [pod('p0')] }));
      server.compact();
    });
    const { until } = watching(port);
    await until('p599', 'name-of-p599');
    const starts = (await server.seen('list', 4)).map(({ query }) => query.get('continue')?.split(':')[1]);
    expect(starts).toEqual([undefined, '500', undefined, '500']);
  });

  test('events cut at every byte, among them inside a character', async () => {
    const { server, port } = await listening();
    server.answer('watch', (response) => {
      const line = { type: 'ADDED', object: pod('a', { name: 'größe-日本' }) };
      const bytes = Buffer.from(`${JSON.stringify(line)}\n${JSON.stringify({ type: 'ADDED', object: pod('b') })}\n`);
      response.writeHead(200);
      const send = (at: number): void => {
        if (at === bytes.length) return;
        response.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1));
      };
      send(0);
    });
    const { until } = watching(port);
    await until('b', 'name-of-b');
    await until('a', 'größe-日本');
  });

  test('a bookmark moves the place a watch goes on from', async () => {
    const { server, port } = await listening();
    server.set(pod('a'));
    const { until } = watching(port);
    await server.watched();
    const place = server.bookmark();
    // Without a version of its own, so that the place stays the bookmark's; seen only after the bookmark was.
    server.tell({ type: 'ADDED', object: pod('b') });
    await until('b', 'name-of-b');
    server.compact();
    server.reset();
    const [, second] = await server.seen('watch', 2);
    expect(second!.query.get('resourceVersion')).toBe(place);
  });

  test('ready: not before the list is whole', async () => {
    const { server, port } = await listening();
    server.answer('list', (response) => refuse(response, 500, 'no'));
    server.answer('list', (response) => response.end('{"metadata":{"resourceVersion":"1","continue":"1:1"},"items":[]}'));
    server.answer('list', (response) => refuse(response, 500, 'no'));
    server.set(pod('a'));
    const { watch, state } = watching(port);
    await watch.ready;
    expect(state('a')).toBe('name-of-a');
    expect(await server.seen('list', 4)).toHaveLength(4);
  });

  test('ready: with the stop at the latest', async () => {
    const { server, port } = await listening();
    server.answer('list', () => {});
    const { watch } = watching(port);
    await server.seen('list', 1);
    await watch.stop();
    await watch.ready;
  });

  test('stop ends the open watch, and is safe twice', async () => {
    const { server, port } = await listening();
    const { watch, log } = watching(port);
    await server.watched();
    await Promise.all([watch.stop(), watch.stop()]);
    await server.quiet();
    expect(log.records).toEqual([]);
  });

  test('stop does not wait for a pause to end', async () => {
    const { server, port } = await listening();
    server.answer('list', (response) => refuse(response, 500, 'no'));
    const { watch } = watching(port, { leastPauseMs: 3_600_000, mostPauseMs: 3_600_000 });
    await server.seen('list', 1);
    await watch.stop();
  });
});

describe.skipIf(noOpenssl !== undefined)(`faults${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, () => {
  test('a watch that is ended at once: pauses grow, nothing is listed again, nothing is logged', async () => {
    const { server, port } = await listening();
    for (let i = 0; i < 6; i++) server.answer('watch', (response) => response.writeHead(200).end());
    const { log } = watching(port);
    const watches = await server.seen('watch', 7);
    const gaps = watches.slice(1).map(({ atMs }, i) => atMs - watches[i]!.atMs);
    // Half of 20, 40, 80, 160, 200, 200; a timer may fire a millisecond early.
    const least = [10, 20, 40, 80, 100, 100];
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(least[i]! - 1);
    expect(await server.seen('list', 1)).toHaveLength(1);
    expect(log.records).toEqual([]);
  });

  test('after a sound watch the pause is the least again', async () => {
    const { server, port } = await listening();
    for (let i = 0; i < 6; i++) server.answer('list', (response) => refuse(response, 500, 'no'));
    const { log } = watching(port, { soundMs: 30, mostPauseMs: 3_600_000 });
    await vi.waitFor(() => expect(log.messages('info')).toEqual(['pods are watched again']), 5000);
    const endedMs = performance.now();
    server.reset();
    const [, second] = await server.seen('watch', 2);
    // The seventh failure in a row would be followed by 640 ms at least.
    expect(second!.atMs - endedMs).toBeLessThan(600);
  });

  test.each([
    ['in the stream', (server: ScriptedApiServer): void => server.compact()],
    [
      'as the status of the answer',
      (server: ScriptedApiServer): void => server.answer('watch', (response) => refuse(response, 410, 'Gone')),
    ],
  ])('410 %s: listed again, past the cache, and what has gone is noticed', async (_, arrange) => {
    const { server, port } = await listening();
    server.set(pod('a'));
    server.set(pod('b'));
    const { until, log, state } = watching(port);
    await until('a', 'name-of-a');
    await server.watched();
    server.reset();
    server.delete('a');
    server.set(pod('c'));
    arrange(server);
    await until('c', 'name-of-c');
    expect([state('a'), state('b')]).toEqual(['unknown', 'name-of-b']);
    const lists = await server.seen('list', 2);
    expect(lists.map(({ query }) => query.get('resourceVersion'))).toEqual(['0', null]);
    await server.watched();
    server.set(pod('d'));
    await until('d', 'name-of-d');
    expect(log.messages('warn').filter((message) => message.includes('410'))).toEqual([]);
  });

  test('500 in the stream: what came before counts, then it is listed again, and told once', async () => {
    const { server, port } = await listening();
    const { until, log } = watching(port);
    await server.watched();
    for (let i = 1; i <= 3; i++) {
      server.set(pod(`p${i}`));
      server.tell({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd has no leader' } });
      await until(`p${i}`, `name-of-p${i}`);
      await server.seen('watch', i + 1);
      await server.watched();
    }
    expect(await server.seen('list', 4)).toHaveLength(4);
    expect(log.messages('warn')).toEqual(['cannot watch pods, trying again']);
    expect(log.records[0]!.fields['error']).toMatchObject({ status: 500, message: 'etcd has no leader' });
  });

  test('a reset connection: watched from where it was, nothing missed, nothing listed', async () => {
    const { server, port } = await listening();
    server.set(pod('a'));
    const { until, log } = watching(port);
    await until('a', 'name-of-a');
    await server.watched();
    server.set(pod('b'));
    await until('b', 'name-of-b');
    server.reset();
    server.set(pod('c'));
    await until('c', 'name-of-c');
    expect((await server.seen('watch', 2)).map(({ query }) => query.get('resourceVersion'))).toEqual(['101', '102']);
    expect(await server.seen('list', 1)).toHaveLength(1);
    expect(log.messages('warn')).toHaveLength(1);
  });

  test('a watch cut after every byte of two events: both are there, once, and nothing is listed', { timeout: 30_000 }, async () => {
    const events = [
      {
        type: 'ADDED',
        object: { ...pod('a', { name: 'größe' }), metadata: { ...pod('a', { name: 'größe' }).metadata, resourceVersion: '101' } },
      },
      { type: 'DELETED', object: { ...pod('a'), metadata: { ...pod('a').metadata, resourceVersion: '102' } } },
    ];
    const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const { server, port } = await listening();
    for (let length = 0; length <= bytes.length; length++) {
      server.answer('watch', (response) => {
        response.writeHead(200);
        response.write(bytes.subarray(0, length), () => response.socket!.destroy());
      });
    }
    const { until } = watching(port, { leastPauseMs: 0, mostPauseMs: 0 });
    const watches = await server.seen('watch', bytes.length + 2);
    const [first, last] = [bytes.indexOf('\n'), bytes.length - 1];
    const expected = Array.from({ length: bytes.length + 1 }, (_, length) => (length <= first ? '100' : length <= last ? '101' : '102'));
    // A place that was reached is never left again, though the stand-in begins anew each time.
    expect(watches.slice(1, bytes.length + 2).map(({ query }) => query.get('resourceVersion'))).toEqual(expected);
    expect(await server.seen('list', 1)).toHaveLength(1);
    server.set(pod('b'));
    await until('b', 'name-of-b');
    await until('a', 'unknown');
  });

  test.each(['list', 'watch'] as const)('a %s without an answer: given up, and asked again', async (kind) => {
    const { server, port } = await listening();
    server.answer(kind, () => {});
    server.set(pod('a'));
    const { until, log } = watching(port, { headersMs: 200 });
    await server.seen(kind, 2);
    await server.watched();
    server.set(pod('b'));
    await until('b', 'name-of-b');
    expect(log.records[0]!.fields['error']).toMatchObject({ message: 'no answer within 200 ms' });
  });

  test('a watch lives longer than an answer may take', async () => {
    const { server, port } = await listening();
    server.answer('list', (response) => refuse(response, 500, 'no'));
    const { log } = watching(port, { headersMs: 200, soundMs: 400 });
    await vi.waitFor(() => expect(log.messages('info')).toEqual(['pods are watched again']), 4000);
  });

  test('a watch that went silent: opened anew from where it was', async () => {
    const { server, port } = await listening();
    server.set(pod('a'));
    const { log } = watching(port, { silenceMs: 50 });
    const [, second] = await server.seen('watch', 2);
    expect(second!.query.get('resourceVersion')).toBe('101');
    expect(log.records[0]!.fields['error']).toMatchObject({ message: 'silent for 50 ms' });
  });

  test('a token that was replaced is read again', async () => {
    const { server, port } = await listening();
    const { until, log } = watching(port);
    await server.watched();
    server.token = 'second';
    server.reset();
    await server.seen('watch', 2);
    writeFileSync(join(account, 'token'), 'second\n');
    server.set(pod('a'));
    await until('a', 'name-of-a');
    expect(server.requests.map(({ token }) => token).at(-1)).toBe('second');
    expect(log.messages('warn')).toHaveLength(1);
  });

  test.each([
    [401, 'does not accept the token'],
    [403, 'needs a ClusterRole that allows get, list and watch of pods'],
  ])('%i: told once, with what mends it', async (status, text) => {
    const { server, port } = await listening();
    for (let i = 0; i < 3; i++) server.answer('list', (response) => refuse(response, status, 'no'));
    server.set(pod('a'));
    const { until, log } = watching(port);
    await until('a', 'name-of-a');
    expect(log.messages('warn')).toHaveLength(1);
    expect(log.messages('warn')[0]).toContain(text);
  });

  test('403 for what is optional: told once as something that is missing, asked for again, and there when it is given', async () => {
    const { server, port } = await listening();
    server.forbidden.add(nodes.path);
    server.set({ metadata: { uid: 'n', name: 'node-1' } }, nodes.path);
    server.set({ metadata: { uid: 'm', name: 'node-2' } }, nodes.path);
    const { until, log, state } = watching(port, { soundMs: 0 }, account, nodes);
    const lists = await server.seen('list', 3);
    expect(lists[2]!.atMs - lists[0]!.atMs).toBeGreaterThanOrEqual(2 * fast.forbiddenMs - 2);
    server.forbidden.clear();
    await until('n', 'node-1');
    expect(state('m')).toBe('unknown');
    await vi.waitFor(() => expect(log.messages('info')).toHaveLength(2));
    expect(log.records.map(({ message }) => message)).toEqual([
      'without nodes: the service account has no right to get, list and watch them',
      'nodes are watched again',
    ]);
  });

  test.each([
    ['one second', '1', 999],
    // A timer takes 2^31 ms at most, and fires at once for more; five minutes are the most that is heeded.
    ['a year', '31536000', 999],
  ])('429 with a Retry-After of %s is heeded', async (_, seconds, leastMs) => {
    const { server, port } = await listening();
    server.answer('list', (response) => refuse(response, 429, 'too many requests', { 'retry-after': seconds }));
    const { watch } = watching(port);
    const second = await Promise.race([server.seen('list', 2), pause(1500, new AbortController().signal)]);
    if (second !== undefined) expect(second[1]!.atMs - second[0]!.atMs).toBeGreaterThanOrEqual(leastMs);
    expect(second === undefined).toBe(seconds !== '1');
    await watch.stop();
  });

  test('text that is not JSON: watched again from where it was', async () => {
    const { server, port } = await listening();
    server.answer('watch', (response) => response.writeHead(200).write(`${JSON.stringify({ type: 'ADDED', object: pod('a') })}\n<html>\n`));
    const { until, log } = watching(port);
    await until('a', 'name-of-a');
    await server.watched();
    expect(log.messages('warn')).toHaveLength(1);
    server.set(pod('b'));
    await until('b', 'name-of-b');
  });

  test('down at the start, up later: told once each', async () => {
    const { server, port } = await listening();
    await server.close();
    const { until, log, watch } = watching(port, { soundMs: 0 });
    await vi.waitFor(() => expect(log.records).not.toEqual([]));
    const later = new ScriptedApiServer(account);
    toClose.push(() => later.close());
    await later.listen(port);
    later.set(pod('a'));
    await until('a', 'name-of-a');
    await later.watched();
    await vi.waitFor(() => expect(log.messages('info')).toHaveLength(1));
    await watch.stop();
    expect(log.records.map(({ message }) => message)).toEqual(['cannot watch pods, trying again', 'pods are watched again']);
  });

  test('a server with another CA is not believed', async () => {
    const { server, port } = await listening();
    writeFileSync(join(other, 'token'), readFileSync(join(account, 'token')));
    const { log } = watching(port, {}, other);
    await vi.waitFor(() => expect(log.records).not.toEqual([]));
    expect(log.records[0]!.fields['error']).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server.requests).toEqual([]);
  });
});

test('a silent watch is not cut while bookmarks may still come, and ended by the server before anything else', () => {
  expect(defaultPace.silenceMs).toBeGreaterThan(2 * 60_000);
  expect(defaultPace.silenceMs).toBeLessThan(defaultPace.watchMs);
});
