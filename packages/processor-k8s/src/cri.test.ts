import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSocket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { encode, message } from './cri/protobuf.ts';
import { listContainersResponse, listPodSandboxResponse } from './cri/messages.ts';
import { startCri } from './cri.ts';
import { SourceMissing } from './identity-source.ts';
import { defaultListPace, type ListedWatch } from './list-watch.ts';
import { kubeletRuntime } from './testing/kubelet-runtime.ts';
import { knownIdentities } from './testing/known-identities.ts';
import { findRuntime, image, privateRuntime, type PrivateRuntime, type RuntimeName } from './testing/private-runtime.ts';

const pace = { ...defaultListPace, leastMs: 50, pollMs: 200, leastPauseMs: 20, mostPauseMs: 100 };
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
    const log = recordingLogger();
    // Slow, so that what is seen soon was told by an event, or looked for.
    watch = await startCri({ endpoint: `unix://${runtime.socket}` }, known, log, { ...pace, pollMs: 60_000 });
    await watch.ready;
    expect([...known.pod.keys()]).toEqual([]);

    const labels = { 'io.kubernetes.pod.name': 'orders', 'io.kubernetes.pod.namespace': 'shop', 'io.kubernetes.pod.uid': uid, app: 'shop "x"' };
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
    const look = (): void => (name === 'containerd 1.6' ? watch?.look() : undefined);
    const containers = () => known.pod.get(uid)?.containers.map(({ id }) => id).sort();
    const first = await run(0);
    await vi.waitUntil(() => (look(), containers()?.length === 1), { timeout: 5_000 });
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

    const second = await run(1);
    await vi.waitUntil(() => (look(), containers()?.length === 2), { timeout: 5_000 });
    expect(containers()).toEqual([first, second].sort());
    expect(known.pod.get(uid)?.containers.find(({ id }) => id === second)?.restartCount).toBe(1);

    await runtime.kill();
    await vi.waitUntil(() => log.messages('warn').length > 0, { timeout: 5_000 });
    expect(containers()).toEqual([first, second].sort());
    await runtime.start();
    await vi.waitUntil(() => log.messages('info').some((text) => text.endsWith('answers again')), { timeout: 10_000 });
    expect(log.messages('warn')).toHaveLength(1);
    expect(containers()).toEqual([first, second].sort());

    const again = kubeletRuntime(runtime.socket);
    closing.push(() => again.close());
    for (const container_id of [first, second]) await again.call('RemoveContainer', { container_id });
    await again.call('StopPodSandbox', { pod_sandbox_id });
    await again.call('RemovePodSandbox', { pod_sandbox_id });
    await vi.waitUntil(() => (look(), known.pod.size === 0), { timeout: 5_000 });
  });
});
