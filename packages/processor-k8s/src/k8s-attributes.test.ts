import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sources, type NfsBatch } from '@nfscope/model';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { makeServiceAccount, noOpenssl, ScriptedApiServer } from '@nfscope/test-api-server';
import { firstValueFrom, Subject, type Observable } from 'rxjs';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { config as schema } from './config.ts';
import { factory } from './factory.ts';
import { k8sAttributes } from './k8s-attributes.ts';

// A test may itself run in a pod.
beforeEach(() => {
  for (const name of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', 'KUBE_NODE_NAME', 'NODE_NAME']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const uid = '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const folder = mkdtempSync(join(tmpdir(), 'nfscope-k8s-'));
const podsFile = join(folder, 'pods.json');
writeFileSync(
  podsFile,
  `{ "items": [${readFileSync(new URL('../testdata/pod.json', import.meta.url), 'utf8').replace('//4444', `//${'4444'.repeat(16)}`)}] }`,
);
afterAll(() => rmSync(folder, { recursive: true }));

describeComponent(factory, {
  valid: {
    'nothing set': {},
    'names of the Collector': { auth_type: 'serviceAccount', filter: { node_from_env_var: 'KUBE_NODE_NAME' } },
    'everything of a Collector but how it tells pods': {
      auth_type: 'kubeConfig',
      kube_config_path: '/k',
      context: 'c',
      passthrough: false,
      pod_association: [],
      wait_for_metadata: true,
      wait_for_metadata_timeout: '5s',
      extract: {
        metadata: ['k8s.pod.name', 'k8s.pod.start_time', 'container.image.tag', 'service.name'],
        labels: [{ tag_name: '$1', key_regex: 'app\\.(.*)', from: 'pod' }],
        annotations: [{ tag_name: 'a', key: 'b', from: 'namespace' }],
        otel_annotations: true,
        deployment_name_from_replicaset: true,
      },
      filter: {
        node: 'n',
        namespace: 'x',
        fields: [{ key: 'status.phase', value: 'Running', op: 'equals' }],
        labels: [{ key: 'monitoring', op: 'exists' }],
      },
      exclude: { pods: [{ name: 'jaeger-agent' }] },
    },
    'sources of its own order': {
      sources: ['logs', 'docker', 'cri'],
      cri: { endpoint: '/a' },
      docker: { endpoint: '/b' },
      logs: { path: '/c' },
    },
    'rules of every sort': {
      pods_file: '/pods.json',
      service_account_path: '/token',
      extract: {
        labels: [{ tag_name: 'team', key: 'team', from: 'node' }],
        annotations: [{ tag_name: '$1', key_regex: 'a/(.*)' }],
        deployment_name_from_replicaset: false,
      },
      filter: {
        fields: [{ key: 'status.phase', value: 'Failed', op: 'not-equals' }],
        labels: [{ key: 'tier', value: 'batch' }],
      },
    },
    'a node': { auth_type: 'none', filter: { node: 'node-1' } },
  },
  invalid: {
    'a way to ask that is not there': [{ auth_type: 'tls' }, 'auth_type'],
    'an unknown filter': [{ filter: { pod: 'x' } }, 'unknown key "pod"'],
    'an unknown source': [{ sources: ['kubelet'] }, 'sources'],
    'a source twice': [{ sources: ['cri', 'cri'] }, 'expected each source once'],
    'a way to tell pods by': [{ pod_association: [{ sources: [{ from: 'connection' }] }] }, 'by the cgroup that the kernel charged'],
    'addresses passed through': [{ passthrough: true }, 'there is no address to pass through'],
    'an attribute nobody knows': [{ extract: { metadata: ['k8s.pod.color'] } }, 'extract::metadata::0'],
    'the uid of a Deployment': [{ extract: { metadata: ['k8s.deployment.uid'] } }, 'Deployments are not watched'],
    'the uid of a CronJob': [{ extract: { metadata: ['k8s.cronjob.uid'] } }, 'Jobs are not watched'],
    'labels of a Deployment': [{ extract: { labels: [{ key: 'a', from: 'deployment' }] } }, 'deployments are not watched'],
    'a rule without a key': [{ extract: { labels: [{ tag_name: 'a' }] } }, 'expected either key or key_regex'],
    'a rule with two keys': [{ extract: { annotations: [{ key: 'a', key_regex: 'b' }] } }, 'expected either key or key_regex'],
    'a rule that is no expression': [{ extract: { labels: [{ key_regex: '(' }] } }, 'expected a regular expression'],
    'an exclusion that is no expression': [{ exclude: { pods: [{ name: '[' }] } }, 'expected a regular expression'],
    'an exclusion of all': [{ exclude: { pods: [{ name: '' }] } }, 'expected an expression'],
    'a comparison of fields that is none': [{ filter: { fields: [{ key: 'a', op: 'exists' }] } }, 'op'],
    'a label that no object can have': [{ filter: { labels: [{ key: 'a', value: 'b,c' }] } }, 'expected the value of a label'],
    'a key that no label can have': [{ filter: { labels: [{ key: 'a=b' }] } }, 'expected the key of a label'],
    'a time that is none': [{ wait_for_metadata_timeout: '10' }, 'expected a time'],
    'no folder of logs': [{ logs: { path: '' } }, 'expected a path'],
    'no path': [{ service_account_path: '' }, 'expected a path'],
  },
  golden: {
    'named.txt': {
      config: {
        ...{ auth_type: 'none', sources: [], pods_file: podsFile, filter: { node: 'node-1' } },
        extract: { metadata: ['k8s.namespace.name', 'k8s.pod.name', 'k8s.statefulset.name', 'k8s.container.name', 'k8s.node.name'] },
      },
      input: () => {
        const sources = new Sources();
        const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
        for (const container of ['4444', 'ffff'])
          sources.add({ id: 1, kind: 'cgroup', path: `/kubepods/pod${uid}/cri-containerd-${container.repeat(16)}.scope` }, client, 0);
        return [{ timeMs: 1_000, sources, changedSources: [0, 1] } as Partial<NfsBatch> as NfsBatch];
      },
    },
  },
});

test.each([
  ['inside a cluster', '10.96.0.1', 'serviceAccount'],
  ['outside of one', undefined, 'none'],
])('auth_type by default: %s', (_, host, expected) => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', host);
  expect(schema.parse({}).auth_type).toBe(expected);
});

const made = (config: object) => {
  const given = context(factory);
  return { processor: factory.signals.nfs!.create(schema.parse(config), given), log: given.log };
};

describe('start refuses', () => {
  const tokenOnly = mkdtempSync(join(tmpdir(), 'nfscope-k8s-'));
  writeFileSync(join(tokenOnly, 'token'), 'first');
  const inCluster = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1', NODE_NAME: 'node-1' };
  test.each<[string, object, Record<string, string>, object]>([
    [
      'an API server without a node',
      { auth_type: 'serviceAccount' },
      { KUBERNETES_SERVICE_HOST: '127.0.0.1' },
      { code: 'NFS-104', where: 'k8s_attributes', mend: 'Set NODE_NAME from the field spec.nodeName of the pod, or `filter::node`.' },
    ],
    ['a variable that is not set', { filter: { node_from_env_var: 'MY_NODE' } }, { NODE_NAME: 'node-1' }, { code: 'NFS-104' }],
    ['a variable that is not set, asking nobody', { sources: [], filter: { node_from_env_var: 'MY_NODE' } }, {}, { code: 'NFS-104' }],
    ['a service account outside of a cluster', { auth_type: 'serviceAccount' }, { NODE_NAME: 'node-1' }, { code: 'NFS-104' }],
    [
      'a service account that is not mounted',
      { service_account_path: '/nonexistent' },
      inCluster,
      { code: 'NFS-401', where: '/nonexistent/token' },
    ],
    ['a service account without a CA', { service_account_path: tokenOnly }, inCluster, { code: 'NFS-401', where: `${tokenOnly}/ca.crt` }],
  ])('%s', async (_, config, environment, error) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await expect(made(config).processor.start!()).rejects.toMatchObject(error);
  });

  test('the operator tells it as an error of the stream', async () => {
    const config = schema.parse({ auth_type: 'serviceAccount' });
    const batches = new Subject<NfsBatch>();
    await expect(firstValueFrom(batches.pipe(k8sAttributes(config, context(factory))))).rejects.toMatchObject({ code: 'NFS-104' });
    expect(batches.observed).toBe(false);
  });
});

describe('the name of the node', () => {
  test.each<[string, object, Record<string, string>, string | undefined]>([
    ['from the configuration', { filter: { node: 'a', node_from_env_var: 'X' } }, { X: 'b', NODE_NAME: 'c' }, 'a'],
    ['from the variable of the configuration', { filter: { node_from_env_var: 'X' } }, { X: 'b', KUBE_NODE_NAME: 'c' }, 'b'],
    ['from KUBE_NODE_NAME', {}, { KUBE_NODE_NAME: 'c', NODE_NAME: 'd' }, 'c'],
    ['from NODE_NAME', {}, { NODE_NAME: 'd' }, 'd'],
    ['from nowhere', {}, {}, undefined],
  ])('%s', async (_, config, environment, node) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const { processor } = made(config);
    await processor.start!();
    const { input, source } = stream((batches) => batches.pipe(processor.process));
    input();
    expect(source().resource['k8s.node.name']).toBe(node);
  });
});

const id = 'a'.repeat(64);

/** A stream with one source: a container of a pod. */
const stream = (process: (batches: Subject<NfsBatch>) => Observable<NfsBatch>) => {
  const sources = new Sources();
  const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
  sources.add({ id: 1, kind: 'cgroup', path: `/kubepods/pod${uid}/${id}` }, client, 0);
  const batches = new Subject<NfsBatch>();
  const passed: NfsBatch[] = [];
  const state = { ended: false };
  const subscription = process(batches).subscribe({ next: (batch) => passed.push(batch), complete: () => (state.ended = true) });
  return {
    subscription,
    state,
    batches,
    passed,
    input: (): void => batches.next({ sources, changedSources: [0] } as Partial<NfsBatch> as NfsBatch),
    source: () => sources.at(0),
  };
};

describe.skipIf(noOpenssl !== undefined)(`against an API server${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, () => {
  const account = noOpenssl === undefined ? makeServiceAccount() : '';
  const pod = {
    metadata: { uid, namespace: 'media', name: 'writer-0' },
    spec: { nodeName: 'node-1' },
    status: { containerStatuses: [{ name: 'app', containerID: `containerd://${id}` }] },
  };
  const names = { 'k8s.namespace.name': 'media', 'k8s.pod.name': 'writer-0', 'k8s.container.name': 'app', 'k8s.node.name': 'node-1' };
  let server: ScriptedApiServer;
  beforeEach(async () => {
    server = new ScriptedApiServer(account);
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(await server.listen()));
    vi.stubEnv('NODE_NAME', 'node-1');
  });
  afterEach(() => server.close());

  test('a source waits, is named between batches, and keeps its names', async () => {
    const { processor, log } = made({ sources: ['api'], service_account_path: account });
    const { input, source, passed } = stream((batches) => batches.pipe(processor.process));
    await processor.start!();
    input();
    expect([source().waiting, passed.length]).toEqual([new Set(['k8s_attributes']), 1]);
    await server.watched();
    server.set(pod);
    await vi.waitFor(() => expect(source().resource).toMatchObject(names));
    expect(source().waiting).toEqual(new Set());
    server.delete(uid);
    server.set({ ...pod, metadata: { ...pod.metadata, uid: 'another' } });
    input();
    expect(source().resource).toMatchObject({ ...names, 'k8s.pod.uid': uid });
    await processor.shutdown!(AbortSignal.timeout(1000));
    await processor.shutdown!(AbortSignal.timeout(1000));
    await server.quiet();
    expect(log.records).toEqual([]);
  });

  test('the operator asks while it is subscribed to', async () => {
    const { input, source, subscription, batches } = stream((of) =>
      of.pipe(k8sAttributes(schema.parse({ sources: ['api'], service_account_path: account }), context(factory))),
    );
    server.set(pod);
    input();
    await vi.waitFor(() => expect(source().resource).toMatchObject(names));
    await server.watched();
    subscription.unsubscribe();
    await server.quiet();
    expect(batches.observed).toBe(false);
  });

  test('the stream’s end ends the operator', async () => {
    const { batches, state } = stream((of) =>
      of.pipe(k8sAttributes(schema.parse({ sources: ['api'], service_account_path: account }), context(factory))),
    );
    await server.watched();
    batches.complete();
    await server.quiet();
    expect(state.ended).toBe(true);
  });

  test('of two streams the one that was left gets no more names', async () => {
    const { processor } = made({ sources: ['api'], service_account_path: account });
    const [left, stays] = [stream((of) => of.pipe(processor.process)), stream((of) => of.pipe(processor.process))];
    await processor.start!();
    left.input();
    stays.input();
    left.subscription.unsubscribe();
    server.set(pod);
    await vi.waitFor(() => expect(stays.source().resource).toMatchObject(names));
    expect(left.source().resource).not.toHaveProperty(['k8s.pod.name']);
    await processor.shutdown!(AbortSignal.timeout(1000));
  });

  test('left while it starts, the operator asks nobody', async () => {
    const ask = k8sAttributes(schema.parse({ sources: ['api'], service_account_path: account }), context(factory));
    stream((of) => of.pipe(ask)).subscription.unsubscribe();
    const { subscription } = stream((of) => of.pipe(ask));
    await server.watched();
    expect(server.requests.map(({ kind }) => kind)).toEqual(['list', 'watch']);
    subscription.unsubscribe();
    await server.quiet();
  });

  test('wait_for_metadata: the start waits for the first list', async () => {
    server.set(pod);
    const { processor } = made({ sources: ['api'], service_account_path: account, wait_for_metadata: true });
    await processor.start!();
    const { input, source } = stream((batches) => batches.pipe(processor.process));
    input();
    expect(source().resource).toMatchObject(names);
    await processor.shutdown!(AbortSignal.timeout(1000));
  });

  test('wait_for_metadata: without a list the start is refused in time', async () => {
    await server.close();
    const given = { sources: ['api'], service_account_path: account, wait_for_metadata: true, wait_for_metadata_timeout: '100ms' };
    await expect(made(given).processor.start!()).rejects.toMatchObject({
      code: 'NFS-302',
      where: 'k8s_attributes',
      message: 'no list of pods within 100 ms from api',
    });
  });

  test('an API server that is down does not stop the start', async () => {
    await server.close();
    const { processor, log } = made({ sources: ['api'], service_account_path: account });
    await processor.start!();
    await vi.waitFor(() => expect(log.messages('warn')).toHaveLength(1));
    await processor.shutdown!(AbortSignal.timeout(1000));
  });
});

describe('sources that are not there', () => {
  const nowhere = mkdtempSync(join(tmpdir(), 'nfscope-none-'));
  test('are passed over, with their reasons in one line', async () => {
    const { processor, log } = made({
      sources: ['docker', 'api', 'logs', 'cri'],
      cri: { endpoint: join(nowhere, 'cri.sock') },
      docker: { endpoint: join(nowhere, 'docker.sock') },
      logs: { path: nowhere },
    });
    await processor.start!();
    await processor.shutdown!(AbortSignal.timeout(1000));
    expect(log.records).toEqual([
      {
        level: 'info',
        message: 'names come without the sources that are not there',
        fields: {
          docker: expect.stringContaining('docker.sock is not there'),
          api: 'auth_type is none',
          logs: expect.stringContaining('pods is not there'),
          cri: expect.stringContaining('cri.sock is not there'),
        },
      },
    ]);
  });
});

test('a file with pods is asked alone', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'nfscope-file-')), 'pods.json');
  writeFileSync(file, JSON.stringify({ items: [{ metadata: { uid, namespace: 'media', name: 'writer-0' } }] }));
  const { processor, log } = made({ pods_file: file });
  await processor.start!();
  const { input, source } = stream((batches) => batches.pipe(processor.process));
  input();
  expect([source().resource['k8s.pod.name'], log.records]).toEqual(['writer-0', []]);
  await processor.shutdown!(AbortSignal.timeout(1000));
});
