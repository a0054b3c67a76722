// One fault each, on the wire: what no real API server shows on demand.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '@nfscope/kubernetes';
import { makeServiceAccount, noOpenssl, refuse, ScriptedApiServer } from '@nfscope/test-api-server';
import { describe, expect, test, vi } from 'vitest';
import { objectFacts } from '../object-facts.ts';
import { account, fast, listening, pod, toClose, watching } from '../testing/scripted-watch.ts';

/** Those of a resource that not everybody may read. */
const nodes = { name: 'nodes', path: '/api/v1/nodes', fieldSelector: 'metadata.name=node-1', facts: objectFacts, optional: true };

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
    const other = makeServiceAccount();
    writeFileSync(join(other, 'token'), readFileSync(join(account, 'token')));
    const { log } = watching(port, {}, other);
    await vi.waitFor(() => expect(log.records).not.toEqual([]));
    expect(log.records[0]!.fields['error']).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server.requests).toEqual([]);
  });
});
