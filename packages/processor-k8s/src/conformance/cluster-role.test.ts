// What the manifests of deploy/kubernetes allow, by the word of a real kube-apiserver: what `kubectl auth can-i` asks for.
import { manifest, noKubernetes, noOpenssl, optionalManifests, RealApiServer, type Json } from '@nfscope/test-api-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const reason = noOpenssl ?? noKubernetes;

const rulesOf = (name: string): Json[] => manifest(name).find((one) => one.kind === 'ClusterRole').rules;
const resourcesOf = (rules: readonly Json[]): string[] => rules.flatMap((rule) => rule.resources as string[]).toSorted();

const verbs = ['get', 'list', 'watch'];
const never: readonly (readonly [verb: string, resource: string])[] = [
  ['create', 'pods'],
  ['update', 'pods'],
  ['patch', 'pods'],
  ['delete', 'pods'],
  ['get', 'pods/log'],
  ['create', 'pods/exec'],
  ['get', 'pods/exec'],
  ['create', 'pods/portforward'],
  ['create', 'pods/ephemeralcontainers'],
  ['get', 'nodes/proxy'],
  ['patch', 'nodes'],
  ['list', 'secrets'],
  ['get', 'secrets'],
  ['list', 'configmaps'],
  ['create', 'serviceaccounts/token'],
  ['impersonate', 'users'],
  ['list', 'events'],
  ['delete', 'persistentvolumes'],
];

describe.skipIf(reason !== undefined)(`the rights of the agent${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let server: RealApiServer;
  beforeAll(() => {
    server = new RealApiServer();
    return server.listen();
  }, 120_000);
  afterAll(() => server.close(), 30_000);

  const canI = async (verb: string, of: string): Promise<boolean> => {
    const [resource, subresource = ''] = of.split('/');
    const review = { spec: { resourceAttributes: { verb, resource, subresource, namespace: 'default' } } };
    const { body } = await server.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, server.token());
    return body.status.allowed;
  };
  /** All that it may do, but for asking who it is and what it may. */
  const rights = async (): Promise<Json[]> => {
    const review = { spec: { namespace: 'default' } };
    const { body } = await server.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review, server.token());
    return body.status.resourceRules.filter(({ resources }: Json) => !resources.every((name: string) => name.startsWith('selfsubject')));
  };
  const statusOf = async (path: string): Promise<number> => (await server.ask('GET', path, undefined, server.token())).status;
  /** A right takes a moment until every cache has it. */
  const eventually = (resource: string, allowed: boolean) => expect.poll(() => canI('list', resource), { timeout: 10_000 }).toBe(allowed);

  test('none at first', async () => {
    expect(await rights()).toEqual([]);
    expect(await statusOf('/api/v1/pods')).toBe(403);
  });

  test('rbac.yaml: pods, and nothing else', async () => {
    await server.apply('rbac.yaml');
    await eventually('pods', true);
    expect(await rights()).toEqual(rulesOf('rbac.yaml'));
    expect(resourcesOf(rulesOf('rbac.yaml'))).toEqual(['pods']);
    for (const verb of verbs) expect(await canI(verb, 'pods'), `${verb} pods`).toBe(true);
    expect(await statusOf('/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1')).toBe(200);
    for (const resource of ['nodes', 'namespaces', 'persistentvolumes', 'persistentvolumeclaims', 'secrets']) {
      expect(await statusOf(`/api/v1/${resource}`), `GET ${resource}`).toBe(403);
    }
  });

  test.each(optionalManifests)('%s: what it says, and nothing else', async (name) => {
    const [before, added] = [await rights(), rulesOf(name)];
    await server.apply(name);
    for (const resource of resourcesOf(added)) await eventually(resource, true);
    for (const resource of resourcesOf(added)) {
      for (const verb of verbs) expect(await canI(verb, resource), `${verb} ${resource}`).toBe(true);
      expect(await statusOf(`/api/v1/${resource}`), `GET ${resource}`).toBe(200);
    }
    expect(resourcesOf(await rights())).toEqual(resourcesOf([...before, ...added]));
  });

  test.each(never)('never: %s %s', async (verb, resource) => {
    expect(await canI(verb, resource)).toBe(false);
  });
});
