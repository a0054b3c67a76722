import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createSocket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { afterAll, afterEach, expect, test } from 'vitest';
import { startDocker } from './docker.ts';
import { SourceMissing } from './identity-source.ts';
import type { ListedWatch } from './list-watch.ts';
import { knownIdentities } from './testing/known-identities.ts';
import { findRuntime, image, privateRuntime, type PrivateRuntime } from './testing/private-runtime.ts';
import { quickPace, until } from './testing/quick-pace.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-docker-'));
afterAll(() => rmSync(folder, { recursive: true }));

let watch: ListedWatch | undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await watch?.stop();
  watch = undefined;
  for (const close of closing.splice(0)) await close();
});

let runtime: PrivateRuntime | undefined;
afterAll(() => runtime?.remove());

test('Docker 20.10: containers come, are renamed and go, through an end of Docker and its return', { timeout: 60_000 }, async (context) => {
  const roots = findRuntime('docker 20.10');
  if (typeof roots === 'string') return context.skip(roots);
  runtime = privateRuntime('docker 20.10', roots);
  await runtime.start();
  const { client } = runtime;
  const run = (...words: string[]): string => client(['run', '--detach', '--network', 'none', ...words]).trim();

  const before = run('--name', 'before', image);
  const known = knownIdentities();
  const log = recordingLogger();
  watch = await startDocker({ endpoint: runtime.socket }, known, log, { ...quickPace, pollMs: 60_000 });
  await watch.ready;
  const imageId = client(['images', '--quiet', '--no-trunc', image]).trim();
  expect([...known.container.values()]).toEqual([{ id: before, name: 'before', image, imageId }]);

  const web = run('--name', 'web', '--label', 'a="b"\n', image);
  await until(() => known.container.get(web)?.imageId === imageId);
  expect(known.container.get(web)).toEqual({ id: web, name: 'web', image, imageId });
  client(['rename', 'web', 'shop']);
  await until(() => known.container.get(web)?.name === 'shop');
  // The client is the oracle, of all that run.
  const running = client(['ps', '--no-trunc', '--format', '{{.ID}} {{.Names}}']).trim().split('\n');
  expect([...known.container.values()].map(({ id, name }) => `${id} ${name}`).sort()).toEqual(running.sort());

  // As a kubelet made them when Docker was its runtime.
  const labels = {
    'pod.name': 'orders',
    'pod.namespace': 'data',
    'pod.uid': '3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d',
    'container.name': 'main',
  };
  const ofPod = run(...Object.entries(labels).flatMap(([key, value]) => ['--label', `io.kubernetes.${key}=${value}`]), image);
  await until(() => known.pod.size === 1);
  expect([...known.pod.values()]).toEqual([
    { uid: labels['pod.uid'], namespace: 'data', name: 'orders', containers: [{ id: ofPod, name: 'main', image, imageId }] },
  ]);
  expect(known.container.has(ofPod)).toBe(false);

  // Gone before any list could tell of it.
  const seen: string[] = [];
  const { apply } = known.containers;
  known.containers.apply = (changes) => {
    for (const change of changes) if (change.kind === 'set') seen.push(change.item.id);
    apply(changes);
  };
  const brief = run('--rm', '--name', 'brief', '--entrypoint', '/bin/busybox', image, 'true');
  await until(() => seen.includes(brief));

  await runtime.kill();
  await until(() => log.messages('warn').length > 0);
  expect(known.container.has(web)).toBe(true);
  await runtime.start();
  await until(() => log.messages('info').some((text) => text.endsWith('answers again')));
  expect(log.messages('warn')).toHaveLength(1);
  // All of them ended with Docker.
  expect(client(['ps', '--quiet'])).toBe('');
  await until(() => known.container.size === 0 && known.pod.size === 0);
});

const uid = '3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d';
const list = JSON.stringify([
  { Id: 'c1', Names: ['/web'], Image: 'nginx:1', ImageID: 'sha256:1', Labels: {} },
  { Id: 'c2', Names: ['/other/db', '/db'], Image: 'sha256:2', Labels: null },
]);
type Answer = (response: ServerResponse, url: string) => void;
const wellBehaved: Answer = (response, url) => (url.startsWith('/events') ? response.flushHeaders() : response.end(list));

let sockets = 0;
/** A Docker that answers as it is told, for the faults that a real one does not show. */
const scripted = (answer: () => Answer): Promise<string> => {
  const server = createServer((request, response) => answer()(response, request.url!));
  const path = join(folder, `${sockets++}.sock`);
  closing.push(() => (server.closeAllConnections(), server.close()));
  return new Promise((resolve) => server.listen(path, () => resolve(path)));
};
const event = (action: string, id: string, attributes: object): string =>
  `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes: attributes } })}\n`;

test('the list is read with what it may lack', async () => {
  const known = knownIdentities();
  watch = await startDocker({ endpoint: await scripted(() => wellBehaved) }, known, recordingLogger(), quickPace);
  await watch.ready;
  expect([...known.container.values()]).toEqual([
    { id: 'c1', name: 'web', image: 'nginx:1', imageId: 'sha256:1' },
    { id: 'c2', name: 'db', image: 'sha256:2' },
  ]);
});

/** What goes wrong with the next list, or with the stream of events. */
interface Fault {
  readonly list?: (response: ServerResponse) => void;
  readonly events?: (response: ServerResponse) => void;
}

const half = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-length': list.length });
  response.write(list.slice(0, 40));
  setTimeout(() => response.destroy(), 10);
};

test.each<[fault: string, Fault, message: RegExp]>([
  ['half a list', { list: half }, /aborted$|aborted;/],
  ['a list cut inside', { list: (response) => response.end(list.slice(0, 40)) }, /JSON/],
  ['an object for a list', { list: (response) => response.end('{}') }, /no list of containers/],
  ['a failure', { list: (response) => response.writeHead(500).end('{"message":"no"}') }, /HTTP 500/],
  ['no answer', { list: (response) => response.destroy() }, /socket hang up/],
  ['the end of the events', { events: (response) => response.end() }, /the stream of events ended/],
  ['events cut short', { events: (response) => response.destroy() }, /aborted/],
  ['an event that is no JSON', { events: (response) => response.write('{"Action":\n') }, /JSON/],
])('what is known outlives %s', async (_, fault, said) => {
  let now: Fault = {};
  let events: ServerResponse;
  const answer: Answer = (response, url) => {
    if (url.startsWith('/events')) events = response;
    if (url.startsWith('/containers') && now.list) now.list(response);
    else wellBehaved(response, url);
  };
  const known = knownIdentities();
  const log = recordingLogger();
  watch = await startDocker({ endpoint: await scripted(() => answer) }, known, log, { ...quickPace, watchedPollMs: 100 });
  await watch.ready;

  now = fault;
  fault.events?.(events!);
  await until(() => log.messages('warn').length > 0);
  expect(log.messages('warn')[0]).toMatch(said);
  expect(known.container.get('c1')).toMatchObject({ name: 'web' });
  now = {};
  const before = known.lists();
  await until(() => known.lists() > before + 1);
  expect(log.messages('warn')).toHaveLength(1);
});

test('events with names of every kind are taken or passed over, whole or in pieces', async () => {
  let events: ServerResponse;
  const answer: Answer = (response, url) => {
    if (url.startsWith('/events')) events = response;
    if (url.startsWith('/containers')) response.end('[]');
    else wellBehaved(response, url);
  };
  const known = knownIdentities();
  const seen = new Map<string, string>();
  known.containers.apply = (changes) => changes.forEach((change) => change.kind === 'set' && seen.set(change.item.id, change.item.name));
  const log = recordingLogger();
  watch = await startDocker({ endpoint: await scripted(() => answer) }, known, log, quickPace);
  await watch.ready;

  const long = 'x'.repeat(65_536);
  const all = [
    event('start', 'quoted', { name: 'a"b\n\0', image: 'i' }),
    event('start', 'long', { name: 'long', image: 'i', label: long }),
    event('start', 'bare', {}),
    event('start', '__proto__', { name: '__proto__', constructor: 'c' }),
    event('start', 'of a pod', { name: 'k8s_x', 'io.kubernetes.pod.uid': uid }),
    ...[
      '{}\n',
      '{"Action":1,"Actor":null}\n',
      '{"Actor":{"ID":7,"Attributes":{}}}\n',
      '{"Actor":{"ID":"x","Attributes":"y"}}\n',
      '{"Actor":{"ID":"x","Attributes":null}}\n',
      'null\n',
    ],
    event('start', 'last', { name: 'last' }),
  ].join('');
  for (let at = 0; at < all.length; at += 1000) {
    events!.write(all.slice(at, at + 1000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => seen.has('last'));
  expect([...seen]).toEqual([
    ['quoted', 'a"b\n\0'],
    ['long', 'long'],
    ['bare', ''],
    ['__proto__', '__proto__'],
    ['last', 'last'],
  ]);
  expect(log.messages('warn')).toEqual([]);
});

test.each<[what: string, open: () => Promise<string>, reason: RegExp]>([
  ['absent', async () => join(folder, 'absent.sock'), /absent.sock is not there$/],
  ['a file', async () => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file')), /file is no socket$/],
  [
    'a server of something else',
    async () => {
      const server: Server = createSocket((socket) => socket.on('error', () => undefined).end('SSH-2.0\r\n'));
      closing.push(() => server.close());
      const path = join(folder, `${sockets++}.sock`);
      return new Promise((resolve) => server.listen(path, () => resolve(path)));
    },
    /speaks no HTTP$/,
  ],
])('a socket that is %s is skipped with its reason', async (_, open, reason) => {
  const missing = startDocker({ endpoint: await open() }, knownIdentities(), recordingLogger(), quickPace);
  await expect(missing).rejects.toThrow(SourceMissing);
  await expect(missing).rejects.toThrow(reason);
});
