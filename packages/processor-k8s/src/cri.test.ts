import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSocket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { encode, message } from './protobuf.ts';
import { listContainersResponse, listPodSandboxResponse } from './cri-messages.ts';
import { startCri } from './cri.ts';
import { SourceMissing } from './identity-source.ts';
import type { ListedWatch } from './list-watch.ts';
import { kubeletRuntime } from './testing/kubelet-runtime.ts';
import { knownIdentities } from './testing/known-identities.ts';
import { findRuntime, image, privateRuntime, type PrivateRuntime, type RuntimeName } from './testing/private-runtime.ts';
import { quickPace, until } from './testing/quick-pace.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-cri-'));
afterAll(() => rmSync(folder, { recursive: true }));

let watch: ListedWatch | undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await watch?.stop();
  watch = undefined;
  for (const close of closing.splice(0)) await close();
});

const uid = '3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d';

describe.each<RuntimeName>(['containerd 1.6', 'containerd 1.7'])('%s', (name) => {
  const roots = findRuntime(name);
  let runtime: PrivateRuntime | undefined;
  afterAll(() => runtime?.remove());

  test('pods come, restart and go, through an end of the runtime and its return', { timeout: 60_000 }, async (context) => {
    if (typeof roots === 'string') return context.skip(roots);
    runtime = privateRuntime(name, roots);
    await runtime.start();
    const kubelet = kubeletRuntime(runtime.socket);
    closing.push(() => kubelet.close());
    const known = knownIdentities();
    const told: string[] = [];
    const { apply } = known.pods;
    known.pods.apply = (changes) => {
      for (const change of changes) if (change.kind === 'set') told.push(...change.item.containers.map(({ id }) => id));
      apply(changes);
    };
    const log = recordingLogger();
    // 1.7 tells of events; a poll would come too late for this test.
    watch = await startCri({ endpoint: `unix://${runtime.socket}` }, known, log, { ...quickPace, watchedPollMs: 60_000 });
    await watch.ready;
    expect([...known.pod.keys()]).toEqual([]);

    const labels = {
      'io.kubernetes.pod.name': 'orders',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': uid,
      app: 'shop "x"',
    };
    const config = {
      metadata: { name: 'orders', uid, namespace: 'shop' },
      labels,
      annotations: { 'team/owner': 'a\nb', __proto__x: 'y'.repeat(65_536) },
      linux: { cgroup_parent: `${runtime.cgroup}/pod${uid}`, security_context: { namespace_options: { network: 2 } } },
    };
    const { pod_sandbox_id } = (await kubelet.call('RunPodSandbox', { config })) as { pod_sandbox_id: string };
    const run = async (attempt: number): Promise<string> => {
      const created = await kubelet.call('CreateContainer', {
        pod_sandbox_id,
        config: { metadata: { name: 'main', attempt }, image: { image }, labels: { ...labels, 'io.kubernetes.container.name': 'main' } },
        sandbox_config: config,
      });
      const { container_id } = created as { container_id: string };
      await kubelet.call('StartContainer', { container_id });
      return container_id;
    };
    const containers = () =>
      known.pod
        .get(uid)
        ?.containers.map(({ id }) => id)
        .sort();
    const first = await run(0);
    await until(() => containers()?.length === 1);
    // The runtime's own client is the oracle.
    expect(runtime.client(['containers', 'list', '--quiet']).split('\n')).toContain(first);
    expect(known.pod.get(uid)).toMatchObject({
      uid,
      namespace: 'shop',
      name: 'orders',
      labels: new Map([['app', 'shop "x"']]),
      annotations: new Map([
        ['team/owner', 'a\nb'],
        ['__proto__x', 'y'.repeat(65_536)],
      ]),
      containers: [{ id: first, name: 'main', image, imageId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), restartCount: 0 }],
    });

    // By an event of its own, before any list.
    if (name === 'containerd 1.7') expect(told).toContain(first);

    const second = await run(1);
    await until(() => containers()?.length === 2);
    expect(containers()).toEqual([first, second].sort());
    expect(known.pod.get(uid)?.containers.find(({ id }) => id === second)?.restartCount).toBe(1);

    await runtime.kill();
    await until(() => log.messages('warn').length > 0);
    expect(containers()).toEqual([first, second].sort());
    await runtime.start();
    await until(() => log.messages('info').some((text) => text.endsWith('answers again')));
    expect(log.messages('warn')).toHaveLength(1);
    expect(containers()).toEqual([first, second].sort());

    const again = kubeletRuntime(runtime.socket);
    closing.push(() => again.close());
    for (const container_id of [first, second]) await again.call('RemoveContainer', { container_id });
    await again.call('StopPodSandbox', { pod_sandbox_id });
    await again.call('RemovePodSandbox', { pod_sandbox_id });
    await until(() => known.pod.size === 0);
  });
});

const [SHOP, DATA] = [
  { id: 's1', metadata: { name: 'orders', uid, namespace: 'shop' }, created_at: 2 },
  { id: 's2', metadata: { name: 'etl', uid: 'a0b1c2d3-e4f5-4607-8899-aabbccddeeff', namespace: 'data' }, created_at: 1 },
];
const lists = {
  ListPodSandbox: encode(listPodSandboxResponse, { items: [SHOP, DATA] }),
  ListContainers: encode(listContainersResponse, { containers: [{ id: 'c1', pod_sandbox_id: 's1', metadata: { name: 'main' } }] }),
  ListImages: Buffer.alloc(0),
};

const frame = (body: Buffer, length = body.length, flag = 0): Buffer => {
  const header = Buffer.alloc(5, flag);
  header.writeUInt32BE(length, 1);
  return Buffer.concat([header, body]);
};
const respond = (stream: ServerHttp2Stream, body: Buffer, status = '0', said = ''): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': said }));
  stream.end(body);
};
const refuse = (stream: ServerHttp2Stream, status: number): void =>
  stream.respond({ ':status': 200, 'grpc-status': `${status}`, 'grpc-message': 'unknown%20service' }, { endStream: true });

type Answers = Record<string, (stream: ServerHttp2Stream) => void>;
const wellBehaved: Answers = {
  ...Object.fromEntries(Object.entries(lists).map(([name, body]) => [name, (stream: ServerHttp2Stream) => respond(stream, frame(body))])),
  GetContainerEvents: (stream) => refuse(stream, 12),
};

let sockets = 0;
const listening = (
  server: { listen(path: string, ready: () => void): unknown; close(): unknown },
  path = join(folder, `${sockets++}.sock`),
): Promise<string> => {
  closing.push(() => server.close());
  return new Promise((resolve) => server.listen(path, () => resolve(path)));
};
/** A runtime that answers as it is told, for the faults that a real one does not show. */
const scripted = async (answers: () => Answers, path?: string): Promise<string> => {
  const server = createServer();
  const open = new Set<{ destroy(): void }>();
  server.on('session', (session) => open.add(session.on('error', () => undefined)));
  closing.push(() => open.forEach((session) => session.destroy()));
  server.on('stream', (stream, headers) => answers()[String(headers[':path']).split('/').at(-1)!]!(stream.on('error', () => undefined)));
  return listening(server, path);
};
const silent = (): Server => {
  const open = new Set<{ destroy(): void }>();
  closing.push(() => open.forEach((socket) => socket.destroy()));
  return createSocket((socket) => open.add(socket.on('error', () => undefined).resume()));
};

const sandboxes = (item: object): Buffer => encode(listPodSandboxResponse, { items: [item] });

test.each<[fault: string, answers: Answers, message: RegExp]>([
  ['half a message', { ListPodSandbox: (stream) => respond(stream, frame(lists.ListPodSandbox).subarray(0, -3)) }, /half a message/],
  ['a message cut inside', { ListPodSandbox: (stream) => respond(stream, frame(lists.ListPodSandbox.subarray(0, -3))) }, /half a message/],
  ['no message at all', { ListPodSandbox: (stream) => respond(stream, Buffer.alloc(0)) }, /answered with nothing/],
  ['a message of 4 GB', { ListPodSandbox: (stream) => respond(stream, frame(Buffer.alloc(9), 0xffff_ffff)) }, /4294967295 bytes/],
  ['a compressed message', { ListPodSandbox: (stream) => respond(stream, frame(Buffer.alloc(9), 9, 1)) }, /compressed/],
  ['noise', { ListContainers: (stream) => respond(stream, frame(Buffer.alloc(64, 0xff))) }, /more than 64 bits/],
  ['groups', { ListContainers: (stream) => respond(stream, frame(Buffer.from([0x0b, 0x0c]))) }, /wire type 3/],
  ['a failure', { ListContainers: (stream) => respond(stream, Buffer.alloc(0), '14', 'not%20ready%') }, /^container.*not%20ready%/],
  ['HTTP without gRPC', { ListContainers: (stream) => stream.respond({ ':status': 502 }, { endStream: true }) }, /HTTP 502/],
  ['a reset', { ListContainers: (stream) => stream.close(2) }, /INTERNAL_ERROR/],
])('what is known outlives %s', async (_, answers, said) => {
  let now = wellBehaved;
  const known = knownIdentities();
  const log = recordingLogger();
  watch = await startCri({ endpoint: await scripted(() => now) }, known, log, quickPace);
  await watch.ready;
  expect(known.pod.get(uid)).toMatchObject({ name: 'orders', containers: [{ id: 'c1', name: 'main' }] });

  now = { ...wellBehaved, ...answers };
  await until(() => log.messages('warn').length > 0);
  expect(log.messages('warn')[0]).toMatch(said);
  expect(known.pod.size).toBe(2);
  now = wellBehaved;
  const before = known.lists();
  await until(() => known.lists() > before);
  expect(log.messages('warn')).toHaveLength(1);
});

test.each<[what: string, open: () => Promise<string>, reason: RegExp]>([
  ['absent', async () => join(folder, 'absent.sock'), /absent.sock is not there$/],
  ['a file', async () => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file')), /file is no socket$/],
  [
    'a server of HTTP/1',
    async () => listening(createSocket((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    /speaks no gRPC$/,
  ],
  ['containerd without its CRI plugin', () => scripted(() => ({ ListPodSandbox: (stream) => refuse(stream, 12) })), /has no CRI v1$/],
])('a socket that is %s is skipped with its reason', async (_, open, reason) => {
  const missing = startCri({ endpoint: await open() }, knownIdentities(), recordingLogger(), quickPace);
  await expect(missing).rejects.toThrow(SourceMissing);
  await expect(missing).rejects.toThrow(reason);
});

test('a socket of others is skipped with its reason', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('needs root');
  const path = await scripted(() => wellBehaved);
  chmodSync(folder, 0o755);
  chmodSync(path, 0o600);
  process.seteuid!('nobody');
  try {
    await expect(startCri({ endpoint: path }, knownIdentities(), recordingLogger(), quickPace)).rejects.toThrow(
      /may not be used: permission denied$/,
    );
  } finally {
    process.seteuid!(0);
  }
});

test('of the usual sockets the first that is a runtime is taken, and the reasons of all are given when none is', async () => {
  const sockets = [join(folder, 'absent.sock'), await scripted(() => ({ ListPodSandbox: (stream) => refuse(stream, 12) }))];
  const log = recordingLogger();
  await expect(startCri({ endpoint: '', sockets }, knownIdentities(), log, quickPace)).rejects.toThrow(
    /absent.sock is not there, .* has no CRI v1$/,
  );
  const known = knownIdentities();
  watch = await startCri({ endpoint: '', sockets: [...sockets, await scripted(() => wellBehaved)] }, known, log, quickPace);
  await watch.ready;
  expect(known.pod.size).toBe(2);
});

test('a runtime that is down at the start is asked again', async () => {
  const path = join(folder, `${sockets++}.sock`);
  // As a runtime leaves it behind that was killed.
  spawnSync(process.execPath, ['-e', `require('net').createServer().listen('${path}', () => process.kill(process.pid, 'SIGKILL'))`]);
  const known = knownIdentities();
  const log = recordingLogger();
  watch = await startCri({ endpoint: path }, known, log, quickPace);
  await until(() => log.messages('warn').length > 0);
  expect(log.messages('warn')[0]).toBe(
    `container runtime at ${path}: connect ECONNREFUSED ${path}; what is known stays, and it is asked again`,
  );
  rmSync(path);
  await scripted(() => wellBehaved, path);
  await watch.ready;
  expect(known.pod.size).toBe(2);
});

test('a runtime that hangs at the start is asked again, and stopping does not wait for it', async () => {
  const server = silent();
  const path = await listening(server);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const starting = startCri({ endpoint: path }, knownIdentities(), recordingLogger(), quickPace);
    const timers = setInterval(() => vi.advanceTimersByTime(10_000), 10);
    watch = await starting;
    clearInterval(timers);
  } finally {
    vi.useRealTimers();
  }
  await watch.stop();
});

test('however often somebody is looked for, the runtime is asked three times, and then at its pace', async () => {
  const known = knownIdentities();
  watch = await startCri({ endpoint: await scripted(() => wellBehaved) }, known, recordingLogger(), {
    ...quickPace,
    pollMs: 3_000,
    leastMs: 50,
  });
  await watch.ready;
  const [lists, from] = [known.lists(), performance.now()];
  while (performance.now() - from < 1_500) {
    watch.look();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // The first of them is the one after it is known that there will be no events.
  expect(known.lists() - lists).toBe(4);
  await until(() => known.lists() - lists >= 5);
});

test.each<[what: string, item: object, expected: object | undefined]>([
  ['a sandbox without metadata', { id: 's' }, undefined],
  ['a label of 64 KB', { ...SHOP, labels: { a: 'x'.repeat(65_536) } }, { labels: new Map([['a', 'x'.repeat(65_536)]]) }],
  [
    'keys of every object',
    { ...SHOP, labels: { constructor: 'c', ['__proto__']: 'p' } },
    {
      labels: new Map([
        ['constructor', 'c'],
        ['__proto__', 'p'],
      ]),
    },
  ],
  ['names with quotes and lines', { ...SHOP, metadata: { name: 'a"\n\0', uid, namespace: '' } }, { name: 'a"\n\0', namespace: '' }],
])('%s', async (_, item, expected) => {
  const answers = { ...wellBehaved, ListPodSandbox: (stream: ServerHttp2Stream) => respond(stream, frame(sandboxes(item))) };
  const known = knownIdentities();
  watch = await startCri({ endpoint: await scripted(() => answers) }, known, recordingLogger(), quickPace);
  await watch.ready;
  if (expected === undefined) expect(known.pod.size).toBe(0);
  else expect(known.pod.get(uid)).toMatchObject(expected);
});

test('fields of a later version are passed over', async () => {
  const later = message({
    ...{
      id: [1, 'string'],
      metadata: [2, message({ name: [1, 'string'], uid: [2, 'string'], namespace: [3, 'string'], later: [99, 'string'] })],
    },
    ...{ created_at: [4, 'string'], labels: [5, 'integer'], flag: [100, 'bool'] },
  });
  const item = {
    id: 's1',
    metadata: { name: 'orders', uid, namespace: 'shop', later: 'x' },
    created_at: 'yesterday',
    labels: 7,
    flag: true,
  };
  const body = Buffer.concat([
    encode(message({ items: [1, { repeated: later }] }), { items: [item] }),
    Buffer.from([0x79, ...Array(8).fill(1)] as number[]),
    Buffer.from([0x7d, 1, 2, 3, 4]),
  ]);
  const answers = { ...wellBehaved, ListPodSandbox: (stream: ServerHttp2Stream) => respond(stream, frame(body)) };
  const known = knownIdentities();
  watch = await startCri({ endpoint: await scripted(() => answers) }, known, recordingLogger(), quickPace);
  await watch.ready;
  expect(known.pod.get(uid)).toMatchObject({ name: 'orders', labels: new Map() });
});
