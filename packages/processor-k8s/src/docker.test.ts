import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createSocket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { startDocker } from './docker.ts';
import { SourceMissing } from './identity-source.ts';
import { defaultListPace, type ListedWatch } from './list-watch.ts';
import { knownIdentities } from './testing/known-identities.ts';
import { findRuntime, image, privateRuntime, type PrivateRuntime } from './testing/private-runtime.ts';

const pace = { ...defaultListPace, leastMs: 50, pollMs: 200, leastPauseMs: 20, mostPauseMs: 100 };
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
  watch = await startDocker({ endpoint: runtime.socket }, known, log, { ...pace, pollMs: 60_000 });
  await watch.ready;
  const imageId = client(['images', '--quiet', '--no-trunc', image]).trim();
  expect([...known.container.values()]).toEqual([{ id: before, name: 'before', image, imageId }]);

  const web = run('--name', 'web', '--label', 'a="b"\n', image);
  await vi.waitUntil(() => known.container.get(web)?.imageId === imageId);
  expect(known.container.get(web)).toEqual({ id: web, name: 'web', image, imageId });
  client(['rename', 'web', 'shop']);
  await vi.waitUntil(() => known.container.get(web)?.name === 'shop');
  // The client is the oracle, of all that run.
  const running = client(['ps', '--no-trunc', '--format', '{{.ID}} {{.Names}}']).trim().split('\n');
  expect([...known.container.values()].map(({ id, name }) => `${id} ${name}`).sort()).toEqual(running.sort());

  // As a kubelet made them when Docker was its runtime.
  const labels = { 'pod.name': 'orders', 'pod.namespace': 'data', 'pod.uid': '3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d', 'container.name': 'main' };
  const ofPod = run(...Object.entries(labels).flatMap(([key, value]) => ['--label', `io.kubernetes.${key}=${value}`]), image);
  await vi.waitUntil(() => known.pod.size === 1);
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
  await vi.waitUntil(() => seen.includes(brief));

  await runtime.kill();
  await vi.waitUntil(() => log.messages('warn').length > 0);
  expect(known.container.has(web)).toBe(true);
  await runtime.start();
  await vi.waitUntil(() => log.messages('info').some((text) => text.endsWith('answers again')), { timeout: 10_000 });
  expect(log.messages('warn')).toHaveLength(1);
  // All of them ended with Docker.
  expect(client(['ps', '--quiet'])).toBe('');
  await vi.waitUntil(() => known.container.size === 0 && known.pod.size === 0);
});
