import { noOpenssl, refuse } from '@nfscope/test-api-server';
import { describe, expect, test } from 'vitest';
import { defaultPace } from './object-watch.ts';
import { listening, pod, watching } from './testing/scripted-watch.ts';

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

test('a silent watch is not cut while bookmarks may still come, and ended by the server before anything else', () => {
  expect(defaultPace.silenceMs).toBeGreaterThan(2 * 60_000);
  expect(defaultPace.silenceMs).toBeLessThan(defaultPace.watchMs);
});
