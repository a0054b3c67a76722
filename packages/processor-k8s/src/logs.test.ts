import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SourceMissing } from './identity-source.ts';
import type { ListedWatch } from './list-watch.ts';
import { logsPace, startLogs } from './logs.ts';
import { knownIdentities, type KnownIdentities } from './testing/known-identities.ts';
import { until } from './testing/quick-pace.ts';

// Slow, so that what is seen soon was told by the kernel.
const pace = { ...logsPace, pollMs: 60_000, watchedPollMs: 60_000, leastMs: 20, leastPauseMs: 20, mostPauseMs: 100 };

let path: string;

let watch: ListedWatch | undefined;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'nfscope-logs-'));
  for (const folder of ['pods', 'containers']) mkdirSync(join(path, folder));
});
afterEach(async () => {
  await watch?.stop();
  watch = undefined;
  rmSync(path, { recursive: true });
});

const uid = '3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d';
const id = (digit: string): string => digit.repeat(64);
const podFolder = (folder: string): void => mkdirSync(join(path, 'pods', folder));
const link = (name: string, target: string): void => symlinkSync(target, join(path, 'containers', name));
/** As a kubelet makes it (pkg/kubelet/kuberuntime: legacyLogSymlink). */
const container = (namespace: string, pod: string, of: string, name: string, containerId: string): void =>
  link(`${pod}_${namespace}_${name}-${containerId}.log`.slice(0, 255), `/var/log/pods/${namespace}_${pod}_${of}/${name}/0.log`);

const start = async (known: KnownIdentities, log = recordingLogger()): Promise<KnownIdentities> => {
  watch = await startLogs({ path }, known, log, pace);
  await watch.ready;
  return known;
};

test('pods and containers come and go with their folders and links', async () => {
  podFolder(`shop_orders-5d9_${uid}`);
  container('shop', 'orders-5d9', uid, 'main', id('1'));
  const known = await start(knownIdentities());
  expect([...known.pod.values()]).toEqual([{ uid, namespace: 'shop', name: 'orders-5d9', containers: [{ id: id('1'), name: 'main' }] }]);

  container('shop', 'orders-5d9', uid, 'side-car', id('2'));
  await until(() => known.pod.get(uid)?.containers.length === 2);
  unlinkSync(join(path, 'containers', `orders-5d9_shop_main-${id('1')}.log`));
  await until(() => known.pod.get(uid)?.containers.length === 1);
  expect(known.pod.get(uid)?.containers).toEqual([{ id: id('2'), name: 'side-car' }]);
  rmSync(join(path, 'pods', `shop_orders-5d9_${uid}`), { recursive: true });
  await until(() => known.pod.size === 0);
});

test('a pod that has gone before it could be listed was known', async () => {
  const known = knownIdentities();
  const told: string[] = [];
  known.pods.apply = (changes) => {
    for (const change of changes) if (change.kind === 'set') told.push(JSON.stringify(change.item));
  };
  watch = await startLogs({ path }, known, recordingLogger(), { ...pace, leastMs: 60_000 });
  await watch.ready;
  podFolder(`shop_orders_${uid}`);
  container('shop', 'orders', uid, 'main', id('1'));
  // Two of one name: which of them it is, its target says, and a list reads that.
  podFolder(`shop_orders_${uid.replace('3', '4')}`);
  container('shop', 'orders', uid, 'side-car', id('2'));
  podFolder(`last_last_${uid.replace('3', '5')}`);
  rmSync(join(path, 'pods', `shop_orders_${uid}`), { recursive: true });
  await until(() => told.some((text) => text.includes('last')));
  expect(told.slice(0, 2).map((text) => JSON.parse(text) as unknown)).toEqual([
    { uid, namespace: 'shop', name: 'orders', containers: [] },
    { uid, namespace: 'shop', name: 'orders', containers: [{ id: id('1'), name: 'main' }] },
  ]);
  expect(told.join()).not.toContain('side-car');
});

test.each<[what: string, folder: string, pod: object | undefined]>([
  ['a static pod', `kube-system_etcd-node1_${'0123456789abcdef'.repeat(2)}`, { namespace: 'kube-system', name: 'etcd-node1' }],
  ['a name with dots', `a_b.c-d_${uid}`, { namespace: 'a', name: 'b.c-d' }],
  ['the longest names', `${'n'.repeat(63)}_${'p'.repeat(150)}_${uid}`, { namespace: 'n'.repeat(63), name: 'p'.repeat(150) }],
  ['no uid', 'shop_orders_', undefined],
  ['a uid of something else', 'shop_orders_latest', undefined],
  ['one part too many', `shop_or_ders_${uid}`, undefined],
  ['one part too few', `orders_${uid}`, undefined],
  ['a line break', `shop_or\nders_${uid}`, undefined],
  ['a quote', `shop_or"ders_${uid}`, undefined],
  ['capitals', `Shop_orders_${uid}`, undefined],
  ['a letter that is none of DNS', `shop_ордер_${uid}`, undefined],
  ['a property of every object', '__proto__', undefined],
])('a folder of %s', async (_, folder, pod) => {
  podFolder(folder);
  const known = await start(knownIdentities());
  expect([...known.pod.values()]).toEqual(pod === undefined ? [] : [expect.objectContaining(pod)]);
});

test.each<[what: string, name: string, target: string]>([
  ['whose id is cut', `orders_shop_main-${'1'.repeat(63)}.log`, `/var/log/pods/shop_orders_${uid}/main/0.log`],
  ['to the folder of another pod', `orders_shop_main-${id('1')}.log`, `/var/log/pods/shop_etl_${uid}/main/0.log`],
  ['to another container', `orders_shop_main-${id('1')}.log`, `/var/log/pods/shop_orders_${uid}/side/0.log`],
  ['that leads nowhere of a kubelet', `orders_shop_main-${id('1')}.log`, '/etc/passwd'],
  ['that leads to itself', `orders_shop_main-${id('1')}.log`, `orders_shop_main-${id('1')}.log`],
  ['with a name of its own', 'x.log', `/var/log/pods/shop_orders_${uid}/main/0.log`],
])('a link %s is passed over', async (_, name, target) => {
  podFolder(`shop_orders_${uid}`);
  link(name, target);
  const known = await start(knownIdentities());
  expect(known.pod.get(uid)?.containers).toEqual([]);
});

test('a file is no pod and no link', async () => {
  writeFileSync(join(path, 'pods', `shop_orders_${uid}`), '');
  writeFileSync(join(path, 'containers', `orders_shop_main-${id('1')}.log`), '');
  const known = await start(knownIdentities());
  expect(known.pod.size).toBe(0);
});

test('folders that go away and come back are watched again, and what was known stays', async () => {
  podFolder(`shop_orders_${uid}`);
  const log = recordingLogger();
  const known = await start(knownIdentities(), log);
  renameSync(join(path, 'pods'), join(path, 'gone'));
  watch!.look();
  await until(() => log.messages('warn').length > 0);
  expect(known.pod.size).toBe(1);
  mkdirSync(join(path, 'pods'));
  podFolder(`data_etl_${uid.replace('3', '4')}`);
  await until(() => known.pod.has(uid.replace('3', '4')));
  podFolder(`shop_orders_${uid}`);
  await until(() => known.pod.has(uid));
  expect(log.messages('warn')).toHaveLength(1);
});

test('folders that are made anew in one go are watched again', async () => {
  const known = await start(knownIdentities());
  renameSync(join(path, 'pods'), join(path, 'gone'));
  mkdirSync(join(path, 'pods'));
  watch!.look();
  podFolder(`shop_orders_${uid}`);
  await until(() => known.pod.has(uid));
  podFolder(`data_etl_${uid.replace('3', '4')}`);
  await until(() => known.pod.size === 2);
});

test('links are read when their folder comes later', async () => {
  rmSync(join(path, 'containers'), { recursive: true });
  podFolder(`shop_orders_${uid}`);
  const known = await start(knownIdentities());
  mkdirSync(join(path, 'containers'));
  container('shop', 'orders', uid, 'main', id('1'));
  watch!.look();
  await until(() => known.pod.get(uid)?.containers.length === 1);
  container('shop', 'orders', uid, 'side-car', id('2'));
  await until(() => known.pod.get(uid)?.containers.length === 2);
});

test.each<[what: string, path: () => string, reason: RegExp]>([
  ['absent', () => join(path, 'absent'), /absent\/pods is not there$/],
  ['a file', () => (rmSync(join(path, 'pods'), { recursive: true }), writeFileSync(join(path, 'pods'), ''), path), /pods is no folder$/],
])('a folder that is %s is skipped with its reason', async (_, folder, reason) => {
  const missing = startLogs({ path: folder() }, knownIdentities(), recordingLogger(), pace);
  await expect(missing).rejects.toThrow(SourceMissing);
  await expect(missing).rejects.toThrow(reason);
});
