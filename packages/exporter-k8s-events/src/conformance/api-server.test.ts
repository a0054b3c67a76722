// What is in a real kube-apiserver afterwards, by its own word.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signals, type LogsBatch } from '@nfscope/model';
import { exportQueue, sendingConfig } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { noKubernetes, noOpenssl, RealApiServer, type Json } from '@nfscope/test-api-server';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { batchOf, mountHealth, podOf, stuck } from '../testing/records.ts';
import { sendingTo, type Sending } from '../testing/sending.ts';

const reason = noOpenssl ?? noKubernetes;
const EVENTS = '/apis/events.k8s.io/v1/namespaces';

describe.skipIf(reason !== undefined)(`a real API server${reason ? ` (skipped: ${reason})` : ''}`, { timeout: 120_000 }, () => {
  let server: RealApiServer;
  beforeAll(async () => {
    server = new RealApiServer();
    await server.listen();
    for (const name of ['shop', 'going', 'other']) await server.create('/api/v1/namespaces', { metadata: { name } });
    await vi.waitUntil(async () => (await server.ask('GET', '/api/v1/namespaces/default')).status === 200, { timeout: 30_000 });
    await server.create('/api/v1/nodes', { metadata: { name: 'node-1' } });
  }, 180_000);
  afterAll(() => server.close(), 30_000);

  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    vi.unstubAllEnvs();
  });
  const sending = async (raw: object = {}): Promise<Sending> => {
    const one = await sendingTo(server.port, server.serviceAccountPath, raw, '20s');
    ends.push(one.end);
    return one;
  };
  /** A pod that the server has, as the resource of a record. */
  const running = async (name: string, namespace = 'default') => {
    const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'none' }] };
    const { metadata } = await server.create(`/api/v1/namespaces/${namespace}/pods`, { metadata: { name }, spec });
    return podOf(name, namespace, metadata.uid);
  };
  const eventsOf = async (name: string, namespace = 'default'): Promise<Json[]> => {
    const { body } = await server.ask('GET', `${EVENTS}/${namespace}/events`);
    return body.items.filter(({ regarding }: Json) => regarding.name === name);
  };
  const mayAs = async (verb: string, namespace: string): Promise<boolean> => {
    const resourceAttributes = { verb, group: 'events.k8s.io', resource: 'events', namespace };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    return (await server.ask('POST', path, { spec: { resourceAttributes } }, server.token())).body.status.allowed;
  };
  const errorOf = ({ log }: Sending): string => (log.records[0]!.fields['error'] as Error).message;

  // In this order: the account has no right at first, then one in a namespace, then all.
  test('without the right: told once with its mend, counted, and asked for again later; another exporter goes on', async () => {
    const [one, pod] = [await sending(), await running('forbidden')];
    const taken: LogsBatch[] = [];
    const other = exportQueue<LogsBatch>(async (batch) => void taken.push(batch), {
      passing: signals.logs,
      config: sendingConfig.parse({}),
      log: recordingLogger(),
    });
    const batches = [0, 1, 2, 3].map((i) => batchOf([pod, stuck(i)]));
    for (const batch of batches) {
      void other.push(batch);
      await one.push(batch);
    }
    expect(taken).toEqual(batches);
    await other.shutdown(AbortSignal.timeout(100));
    // Asked for again, to no avail; and nothing to tell is no sign that it is allowed.
    one.later(300_000);
    await one.push(batchOf([pod, stuck(4)], [podOf('a', 'shop'), stuck(4)]));
    await one.push(batchOf([pod, stuck(4, { eventName: 'nfs.file.hot' })]));
    const mend =
      'without Events: the account needs the right to create and patch events of events.k8s.io, which deploy/kubernetes/rbac-events.yaml gives';
    expect(one.log.records.map(({ level, message }) => [level, message])).toEqual([['warn', mend]]);
    expect(errorOf(one)).toBe(
      'events.events.k8s.io is forbidden: User "system:serviceaccount:nfscope:nfscope" cannot create resource "events" in API group "events.k8s.io" in the namespace "default"',
    );
    expect(await one.counts.read()).toEqual({ 'refused forbidden': 6 });
    expect(one.queue.counts).toMatchObject({ retried: 0, dropped: 0 });

    const role = { kind: 'Role', metadata: { name: 'events' }, rules: [{ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] }] }; // prettier-ignore
    const subjects = [{ kind: 'ServiceAccount', name: 'nfscope', namespace: 'nfscope' }];
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    await server.create(`${rbac}/roles`, role);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'events' };
    await server.create(`${rbac}/rolebindings`, { metadata: { name: 'events' }, roleRef, subjects });
    await vi.waitUntil(() => mayAs('patch', 'default'), { timeout: 30_000 });
    // Not asked again so soon.
    await one.push(batchOf([pod, stuck(4)]));
    expect(await eventsOf('forbidden')).toEqual([]);
    one.later(300_000);
    await one.push(batchOf([pod, stuck(5)]));
    expect(await eventsOf('forbidden')).toHaveLength(1);
    expect(one.log.records.map(({ message }) => message)).toEqual([mend, 'Events are made again']);
    expect(await one.counts.read()).toEqual({ 'refused forbidden': 7 });
  });

  test('a right in one namespace is enough for that one', async () => {
    const [one, here, there] = [await sending(), await running('here'), await running('there', 'shop')];
    for (const seconds of [0, 1]) await one.push(batchOf([there, stuck(seconds)], [here, stuck(seconds)]));
    expect(await eventsOf('here')).toMatchObject([{ series: { count: 2 } }]);
    expect(await eventsOf('there', 'shop')).toEqual([]);
    expect(await one.counts.read()).toEqual({ 'refused forbidden': 2 });
    expect(one.log.records).toHaveLength(1);
    expect(errorOf(one)).toContain('in the namespace "shop"');
  });

  test('rbac-events.yaml is the right that was missing, in every namespace, and no more', async () => {
    await server.apply('rbac-events.yaml');
    await vi.waitUntil(() => mayAs('patch', 'shop'), { timeout: 30_000 });
    const verbs = ['create', 'patch', 'get', 'list', 'watch', 'update', 'delete'];
    const may = await Promise.all(verbs.map((verb) => mayAs(verb, 'shop')));
    expect(verbs.filter((_, i) => may[i])).toEqual(['create', 'patch']);
  });

  test('a pod: its Event is found by its name and uid, and says what the record does', async () => {
    const [one, pod] = [await sending(), await running('etl-7', 'shop')];
    await one.push(batchOf([pod, stuck(1.5)]));
    const [event, ...others] = await eventsOf('etl-7', 'shop');
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      metadata: { namespace: 'shop', name: expect.stringMatching(/^etl-7\.[0-9a-f]{16}$/) },
      eventTime: '2026-01-02T00:00:01.500000Z',
      reportingController: 'nfscope',
      reportingInstance: 'node-1',
      action: 'Observe',
      reason: 'NfsOperationStuck',
      regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'etl-7', uid: pod['k8s.pod.uid'] },
      note: 'READ on nas1:/data has been in flight for 10 s',
      type: 'Warning',
    });
    expect(event.series).toBeUndefined();
    // As `kubectl describe pod` asks.
    const selector = `involvedObject.uid=${event.regarding.uid},involvedObject.name=etl-7,involvedObject.namespace=shop`;
    const { body } = await server.ask('GET', `/api/v1/namespaces/shop/events?fieldSelector=${encodeURIComponent(selector)}`);
    expect(body.items).toMatchObject([{ reason: 'NfsOperationStuck', message: event.note, reportingComponent: 'nfscope' }]);
  });

  test('a mount: its Event regards the node, as those of kubelet do', async () => {
    const one = await sending();
    await one.push(batchOf([{}, mountHealth('stuck')], [{}, mountHealth('stuck', '/home')], [{}, mountHealth('ok')]));
    const selector = 'involvedObject.kind=Node,involvedObject.name=node-1,involvedObject.uid=node-1';
    const { body } = await server.ask('GET', `/api/v1/events?fieldSelector=${encodeURIComponent(selector)}`);
    expect(body.items.map(({ type, message, metadata }: Json) => `${metadata.namespace} ${type} ${message}`).toSorted()).toEqual([
      'default Normal nas1:/data is ok (rule)',
      'default Warning nas1:/data is stuck (rule)',
      'default Warning nas1:/home is stuck (rule)',
    ]);
  });

  test('a repetition: the same Event counts on; what comes after the series is another', async () => {
    const [one, pod] = [await sending(), await running('again')];
    await one.push(batchOf([pod, stuck()]));
    await one.push(batchOf([pod, stuck(60)], [pod, stuck(61)]));
    const [event] = await eventsOf('again');
    expect(event).toMatchObject({
      eventTime: '2026-01-02T00:00:00.000000Z',
      series: { count: 3, lastObservedTime: '2026-01-02T00:01:01.000000Z' },
    });
    await one.push(batchOf([pod, stuck(421)]));
    await one.push(batchOf([pod, stuck(782)]));
    const counts: number[] = (await eventsOf('again')).map(({ series }) => series?.count ?? 1);
    expect(counts.toSorted((one, other) => one - other)).toEqual([1, 4]);
  });

  test('many at once are one Event that says so', async () => {
    const [one, pod] = [await sending(), await running('many')];
    await one.push(batchOf(...Array.from({ length: 500 }, (_, i) => [pod, stuck(i / 1000)] as const)));
    expect(await eventsOf('many')).toMatchObject([{ series: { count: 500, lastObservedTime: '2026-01-02T00:00:00.499000Z' } }]);
  });

  test('an Event that the server has no longer is made anew', async () => {
    const [one, pod] = [await sending(), await running('expired')];
    await one.push(batchOf([pod, stuck()]));
    const [{ metadata }] = await eventsOf('expired');
    await server.delete(`${EVENTS}/default/events/${metadata.name}`);
    await one.push(batchOf([pod, stuck(1)]));
    const [event] = await eventsOf('expired');
    expect(event).toMatchObject({ metadata: { name: metadata.name }, series: { count: 2 } });
    expect(event.metadata.uid).not.toBe(metadata.uid);
  });

  test('a batch that comes twice, as after a restart, makes no second Event', async () => {
    const pod = await running('twice');
    for (const one of [await sending(), await sending()]) await one.push(batchOf([pod, stuck()]));
    expect(await eventsOf('twice')).toHaveLength(1);
  });

  test('the longest note, and the longest name', async () => {
    const name = `${'a'.repeat(60)}.`.repeat(4) + 'b'.repeat(9);
    expect(name).toHaveLength(253);
    const [one, pod] = [await sending(), await running(name)];
    await one.push(batchOf([pod, stuck(0, { body: `a${'é'.repeat(2000)}` })]));
    const [event] = await eventsOf(name);
    expect(Buffer.byteLength(event.note)).toBe(1024);
    expect(one.queue.counts).toMatchObject({ sent: 1, refused: 0 });
  });

  test('a namespace that is not there, or is going: counted, not told, and nobody else is touched', async () => {
    // Without its controller it is going for ever.
    await server.delete('/api/v1/namespaces/going');
    const [one, pod] = [await sending(), await running('stays')];
    await one.push(
      batchOf([podOf('a', 'never-was'), stuck()], [podOf('b', 'going'), stuck()], [podOf('b', 'going'), stuck(1)], [pod, stuck()]),
    );
    expect(await one.counts.read()).toEqual({ 'refused gone': 3 });
    expect(await eventsOf('stays')).toHaveLength(1);
    expect(await eventsOf('b', 'going')).toEqual([]);
    expect(one.log.records).toEqual([]);
    expect(one.queue.counts).toMatchObject({ sent: 4, refused: 0 });
  });

  test('what it will not have is refused, with its words, and not sent again', async () => {
    const [one, pod] = [await sending(), await running('sound')];
    await one.push(batchOf([podOf('No Name'), stuck()], [pod, stuck()]));
    expect(await eventsOf('sound')).toHaveLength(1);
    expect(errorOf(one)).toMatch(/^Event "No Name\.[0-9a-f]{16}" is invalid: metadata\.name/);
    expect(await one.counts.read()).toEqual({ 'refused invalid': 1 });
    expect(one.queue.counts).toMatchObject({ sent: 0, refused: 2, retried: 0 });
  });

  test('by a kubeconfig as well', async () => {
    const file = join(server.serviceAccountPath, 'kubeconfig');
    const cluster = { server: `https://127.0.0.1:${server.port}`, 'certificate-authority': join(server.serviceAccountPath, 'ca.crt') };
    const here = { 'current-context': 'here', contexts: [{ name: 'here', context: { cluster: 'here', user: 'here' } }] };
    const users = [{ name: 'here', user: { token: server.token() } }];
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: 'here', cluster }], users, ...here }));
    const [one, pod] = [await sending({ auth_type: 'kubeConfig', kube_config_path: file }), await running('kubeconfig')];
    await one.push(batchOf([pod, stuck()]));
    expect(await eventsOf('kubeconfig')).toHaveLength(1);
  });

  test('killed and started again: what waited is there', async () => {
    const [one, pod] = [await sending(), await running('waited')];
    await server.kill();
    void one.queue.push(batchOf([pod, stuck()]));
    await vi.waitUntil(() => one.queue.counts.retried > 0, { timeout: 30_000 });
    await server.start();
    await vi.waitUntil(() => one.queue.counts.sent === 1, { timeout: 60_000 });
    expect(await eventsOf('waited')).toHaveLength(1);
    expect(one.log.records.map(({ message }) => message)).toEqual(['export failed, trying again', 'exports again']);
  });

  test('a token that the server does not know: tried again, and through when it is replaced', async () => {
    await server.renewAccount();
    // It believes for 10 s what it has looked at.
    const statusOf = async () => (await server.ask('GET', '/version', undefined, server.token())).status;
    await vi.waitUntil(async () => (await statusOf()) === 401, { timeout: 60_000, interval: 500 });
    const [one, pod] = [await sending(), await running('renewed')];
    void one.queue.push(batchOf([pod, stuck()]));
    await vi.waitUntil(() => one.queue.counts.retried > 0, { timeout: 30_000 });
    expect(errorOf(one)).toContain('does not accept the token');
    await server.rotateToken();
    await vi.waitUntil(() => one.queue.counts.sent === 1, { timeout: 30_000 });
    expect(await eventsOf('renewed')).toHaveLength(1);
  });
});
