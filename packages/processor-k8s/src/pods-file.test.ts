import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { firstValueFrom } from 'rxjs';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import type { Watch } from './identity-source.ts';
import { watchPodsFile } from './pods-file.ts';
import { config as schema } from './config.ts';
import { projection } from './pod.ts';
import { trackPods } from './pods.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-pods-'));
const file = join(folder, 'pods.json');
afterAll(() => rmSync(folder, { recursive: true }));

let watch: Watch | undefined;
afterEach(() => watch?.stop());

const list = (...names: string[]): string =>
  JSON.stringify({
    items: names.map((name) => ({
      metadata: { namespace: 'shop', name, uid: `uid-${name}` },
      status: { containerStatuses: [{ name: 'main', containerID: `containerd://id-${name}` }] },
    })),
  });
const tracked = () => trackPods(projection(schema.parse({}))).pods;
const nameOf = (pods: ReturnType<typeof tracked>, containerId: string) => pods.find(containerId)?.attributes['k8s.pod.name'];

test('knows the pods in the file, and those of the one that replaces it', async () => {
  writeFileSync(file, list('orders'));
  const pods = tracked();
  watch = await watchPodsFile(file, pods, recordingLogger());
  expect(nameOf(pods, 'id-orders')).toBe('orders');
  for (const name of ['etl', 'backup']) {
    const changed = firstValueFrom(pods.changed);
    writeFileSync(`${file}.new`, list(name));
    renameSync(`${file}.new`, file);
    await changed;
    await vi.waitUntil(() => nameOf(pods, `id-${name}`) === name);
  }
});

test('a file that breaks later is logged, and what was known stays', async () => {
  writeFileSync(file, list('orders'));
  const pods = tracked();
  const log = recordingLogger();
  watch = await watchPodsFile(file, pods, log);
  writeFileSync(file, '{}');
  await vi.waitUntil(() => log.messages('warn').length > 0);
  expect(log.records.find(({ level }) => level === 'warn')).toMatchObject({
    message: 'cannot read the pods',
    fields: { file, error: expect.objectContaining({ message: 'it has no list of items' }) },
  });
  expect(nameOf(pods, 'id-orders')).toBe('orders');
});

test.each<[name: string, text: string | undefined]>([
  ['not there', undefined],
  ['not JSON', 'pods'],
  ['no list', '[]'],
])('a file that is %s refuses the start', async (_, text) => {
  rmSync(file, { force: true });
  if (text !== undefined) writeFileSync(file, text);
  await expect(watchPodsFile(file, tracked(), recordingLogger())).rejects.toMatchObject({ code: 'NFS-401', where: file });
});

test('a folder that is not there refuses the start', async () => {
  await expect(watchPodsFile(join(folder, 'none', 'pods.json'), tracked(), recordingLogger())).rejects.toMatchObject({ code: 'NFS-401' });
});
