// The same cases against a real kube-apiserver with etcd and RBAC, and against the stand-in that the tests of single faults use.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { apiServer, paced, serviceAccountAccess } from '@nfscope/kubernetes';
import { recordingLogger } from '@nfscope/pipeline/testing';
import {
  makeServiceAccount,
  noKubernetes,
  noOpenssl,
  optionalManifests,
  RealApiServer,
  ScriptedApiServer,
  type Json,
  type SeenRequest,
} from '@nfscope/test-api-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimFacts, objectFacts, podFacts, volumeFacts } from '../object-facts.ts';
import { defaultPace, watchObjects, type Pace } from '../object-watch.ts';
import type { Resource } from '../resource.ts';
import { nameTable, type Named, type NameTable } from '../testing/name-table.ts';

/** As shipped, but for lists: nobody waits half a minute here. The figures that ship are held to in request-rate.test.ts. */
const pace: Pace = { ...defaultPace, leastPauseMs: 200, mostPauseMs: 1000, soundMs: 1000, listMs: 4000, forbiddenMs: 2000 };
const NODE = 'node-1';
/** Seen: 35 ms, 68 ms on a busy machine, much of it compiling what has just begun to run. */
const MOST_PAUSE_MS = 150;

const resources = {
  pods: { name: 'pods', path: '/api/v1/pods', fieldSelector: `spec.nodeName=${NODE}`, facts: podFacts },
  namespaces: { name: 'namespaces', path: '/api/v1/namespaces', facts: objectFacts, optional: true },
  nodes: { name: 'nodes', path: '/api/v1/nodes', fieldSelector: `metadata.name=${NODE}`, facts: objectFacts, optional: true },
  persistentvolumes: { name: 'persistentvolumes', path: '/api/v1/persistentvolumes', facts: volumeFacts, optional: true },
  persistentvolumeclaims: { name: 'persistentvolumeclaims', path: '/api/v1/persistentvolumeclaims', facts: claimFacts, optional: true },
} satisfies Record<string, Resource<Named>>;
type ResourceName = keyof typeof resources;
const optional = Object.keys(resources).filter((name) => name !== 'pods') as ResourceName[];

/** Manifests of one object each, as kubectl would send them. */
const objects: Record<ResourceName, (name: string, node?: string) => Json> = {
  pods: (name, nodeName = NODE) => ({ metadata: { name }, spec: { nodeName, containers: [{ name: 'main', image: 'none' }] } }),
  namespaces: (name) => ({ metadata: { name } }),
  nodes: (name) => ({ metadata: { name } }),
  persistentvolumes: (name) => ({
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteMany'],
      nfs: { server: 'nas', path: `/${name}` },
      claimRef: { namespace: 'default', name: `claim-of-${name}` },
      storageClassName: 'slow',
    },
  }),
  persistentvolumeclaims: (name) => ({
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteMany'],
      resources: { requests: { storage: '1Gi' } },
      volumeName: `pv-of-${name}`,
      storageClassName: 'slow',
    },
  }),
};

/** What a case does to either server. */
interface Peer {
  readonly port: number;
  readonly serviceAccountPath: string;
  readonly pods: number;
  open(): Promise<void>;
  close(): Promise<void>;
  put(resource: ResourceName, name: string, node?: string): Promise<void>;
  remove(resource: ResourceName, name: string): Promise<void>;
  /** Kills it, does something meanwhile, and starts it again after 3 s. */
  down(meanwhile?: { readonly podGone: string }): Promise<void>;
  /** The token that the agent has is worth nothing any more. */
  revoke(): Promise<void>;
  /** The agent's folder gets a token that is. */
  rotate(): Promise<void>;
  allow(what: 'pods' | 'everything'): Promise<void>;
  requests(): SeenRequest[];
}

const scripted = (): Peer => {
  const serviceAccountPath = makeServiceAccount();
  const server = new ScriptedApiServer(serviceAccountPath);
  const uids = new Map<string, string>();
  let port = 0;
  let made = 0;
  return {
    get port() {
      return port;
    },
    serviceAccountPath,
    pods: 5000,
    async open() {
      port = await server.listen();
    },
    close: () => server.close(),
    async put(resource, name, node) {
      const { metadata, ...rest } = objects[resource](name, node);
      const uid = `uid-${++made}`;
      uids.set(`${resource}/${name}`, uid);
      const namespaced = resource === 'pods' || resource === 'persistentvolumeclaims' ? { namespace: 'default' } : {};
      server.set({ ...rest, metadata: { ...metadata, ...namespaced, uid } }, resources[resource].path);
    },
    async remove(resource, name) {
      server.delete(uids.get(`${resource}/${name}`)!);
    },
    async down(meanwhile) {
      await server.close();
      if (meanwhile !== undefined) {
        server.delete(uids.get(`pods/${meanwhile.podGone}`)!);
        server.compact();
      }
      await pause(3000);
      await server.listen(port);
    },
    async revoke() {
      server.token = 'second';
      server.reset();
    },
    async rotate() {
      writeFileSync(join(serviceAccountPath, 'token'), 'second\n');
    },
    async allow(what) {
      for (const name of optional) {
        if (what === 'pods') server.forbidden.add(resources[name].path);
        else server.forbidden.delete(resources[name].path);
      }
    },
    requests: () => server.requests,
  };
};

const real = (server: RealApiServer): Peer => {
  const place = (resource: ResourceName): string =>
    `/api/v1/${resource === 'pods' || resource === 'persistentvolumeclaims' ? 'namespaces/default/' : ''}${resource}`;
  return {
    get port() {
      return server.port;
    },
    get serviceAccountPath() {
      return server.serviceAccountPath;
    },
    pods: 5000,
    async open() {
      await server.listen();
      await server.apply('rbac.yaml');
    },
    close: () => server.close(),
    async put(resource, name, node) {
      await server.create(place(resource), objects[resource](name, node));
    },
    remove: (resource, name) => server.delete(`${place(resource)}/${name}`),
    async down(meanwhile) {
      await server.kill();
      if (meanwhile !== undefined) {
        await server.etcdDelete(`/registry/pods/default/${meanwhile.podGone}`);
        await server.compact();
      }
      await pause(3000);
      await server.start();
    },
    async revoke() {
      await server.renewAccount();
      // It knows a token for 10 s after it has looked, and cuts no watch.
      await server.kill();
      await server.start();
    },
    rotate: () => server.rotateToken(),
    async allow(what) {
      if (what === 'everything') for (const name of optionalManifests) await server.apply(name);
    },
    requests: () => server.requests(),
  };
};

const follow = (peer: Peer, ...names: ResourceName[]) => {
  const log = recordingLogger();
  const asked = paced(apiServer(serviceAccountAccess('127.0.0.1', peer.port, peer.serviceAccountPath), 'nfscope/test'));
  const tables = Object.fromEntries(names.map((name) => [name, nameTable()])) as Record<ResourceName, NameTable>;
  const watches = names.map((name) => watchObjects(asked, resources[name] as Resource<Named>, tables[name], log, pace));
  return {
    log,
    uids: (name: ResourceName) => [...tables[name].known.keys()],
    /** Two objects of one name are two here. */
    names: (name: ResourceName) => [...tables[name].known.values()].toSorted(),
    until: (name: ResourceName, expected: readonly string[]) =>
      expect.poll(() => [...tables[name].known.values()].toSorted(), { timeout: 25_000, interval: 50 }).toEqual(expected),
    ready: () => watches[0]!.ready,
    stop: () => Promise.all(watches.map((watch) => watch.stop())),
  };
};

/** The longest turn of the event loop until it is asked, in ms of CPU: how long others have to wait for their turn on a machine that is not busy. */
const longestTurn = (): (() => number) => {
  let [longest, last] = [0, process.cpuUsage()];
  const turn = (): void => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  return () => {
    clearImmediate(next);
    return longest;
  };
};

/** Never more than 2 requests a second nor a list in less than its time, as the server saw it. */
const expectFew = (requests: readonly SeenRequest[]): void => {
  const seconds = (requests.at(-1)!.atMs - requests[0]!.atMs) / 1000;
  expect(requests.length, 'requests').toBeLessThanOrEqual(2 * seconds + 2);
  for (const path of new Set(requests.map((one) => one.path))) {
    const lists = requests.filter((one) => one.path === path && one.kind === 'list' && !one.query.has('continue'));
    const gaps = lists.slice(1).map(({ atMs }, place) => atMs - lists[place]!.atMs);
    // Connections take their time on a busy machine, and not always the same.
    for (const gap of gaps) expect(gap, `ms between two lists of ${path}`).toBeGreaterThan(pace.listMs - 300);
  }
};

const cases: readonly (readonly [string, (peer: Peer) => Promise<void>])[] = [
  [
    'pods of its node: those there are, those that come, those that go; nobody else',
    async (peer) => {
      await peer.put('pods', 'a1');
      await peer.put('pods', 'a2', 'node-2');
      const agent = follow(peer, 'pods');
      await agent.until('pods', ['a1']);
      await peer.put('pods', 'a3');
      await peer.put('pods', 'a4', 'node-2');
      await agent.until('pods', ['a1', 'a3']);
      await peer.remove('pods', 'a1');
      await agent.until('pods', ['a3']);
      expect(agent.log.records).toEqual([]);
      await agent.stop();
      await peer.remove('pods', 'a3');
    },
  ],
  [
    'a pod of the same name is another pod',
    async (peer) => {
      await peer.put('pods', 'b');
      const agent = follow(peer, 'pods');
      await agent.until('pods', ['b']);
      const [before] = agent.uids('pods');
      await peer.remove('pods', 'b');
      await peer.put('pods', 'b');
      await expect.poll(() => agent.uids('pods'), { timeout: 10_000 }).not.toContain(before);
      await agent.until('pods', ['b']);
      await agent.stop();
      await peer.remove('pods', 'b');
    },
  ],
  [
    'killed for 3 s: what is known stays known, and goes on',
    async (peer) => {
      await peer.put('pods', 'c1');
      const agent = follow(peer, 'pods');
      await agent.until('pods', ['c1']);
      const down = peer.down();
      const seen = new Set<string>();
      const looking = setInterval(() => seen.add(agent.names('pods').join()), 10);
      await down;
      await peer.put('pods', 'c2');
      await agent.until('pods', ['c1', 'c2']);
      clearInterval(looking);
      expect([...seen].filter((names) => names !== 'c1' && names !== 'c1,c2')).toEqual([]);
      expect(agent.log.messages('warn')).toHaveLength(1);
      await agent.stop();
      await peer.remove('pods', 'c1');
      await peer.remove('pods', 'c2');
    },
  ],
  [
    'killed, and its versions are forgotten: what went meanwhile is noticed',
    async (peer) => {
      await peer.put('pods', 'd1');
      await peer.put('pods', 'd2');
      const agent = follow(peer, 'pods');
      await agent.until('pods', ['d1', 'd2']);
      await peer.down({ podGone: 'd1' });
      await agent.until('pods', ['d2']);
      await peer.put('pods', 'd3');
      await agent.until('pods', ['d2', 'd3']);
      await agent.stop();
      await peer.remove('pods', 'd2');
      await peer.remove('pods', 'd3');
    },
  ],
  [
    'a token that is refused, until there is another',
    async (peer) => {
      await peer.put('pods', 'e1');
      const agent = follow(peer, 'pods');
      await agent.until('pods', ['e1']);
      await peer.revoke();
      await peer.put('pods', 'e2');
      await expect
        .poll(() => agent.log.records.map(({ fields }) => (fields['error'] as { status?: number } | undefined)?.status), {
          timeout: 20_000,
        })
        .toContain(401);
      expect(agent.names('pods')).toEqual(['e1']);
      await peer.rotate();
      await agent.until('pods', ['e1', 'e2']);
      await agent.stop();
      await peer.remove('pods', 'e1');
      await peer.remove('pods', 'e2');
    },
  ],
  [
    'without the optional rights: pods all the same; with them later, the rest',
    async (peer) => {
      await peer.allow('pods');
      await peer.put('pods', 'f');
      await peer.put('namespaces', 'shop');
      await peer.put('nodes', NODE);
      await peer.put('nodes', 'node-2');
      await peer.put('persistentvolumes', 'pv');
      await peer.put('persistentvolumeclaims', 'claim');
      const agent = follow(peer, 'pods', ...optional);
      await agent.until('pods', ['f']);
      await expect.poll(() => agent.log.messages('info').length, { timeout: 10_000 }).toBe(optional.length);
      expect(agent.log.messages('warn')).toEqual([]);
      expect(agent.log.messages('info').toSorted()).toEqual(
        optional.map((name) => `without ${name}: the service account has no right to get, list and watch them`).toSorted(),
      );
      await peer.allow('everything');
      await agent.until('nodes', [NODE]);
      await agent.until('persistentvolumes', ['pv']);
      await agent.until('persistentvolumeclaims', ['claim']);
      await expect.poll(() => agent.names('namespaces'), { timeout: 10_000 }).toContain('shop');
      await peer.remove('nodes', NODE);
      await agent.until('nodes', []);
      await agent.stop();
      await peer.remove('pods', 'f');
    },
  ],
  [
    'thousands of pods: all of them, and other work has its turn',
    async (peer) => {
      const names = Array.from({ length: peer.pods }, (_, i) => `g${String(i).padStart(5, '0')}`);
      const queue = names.values();
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          for (const name of queue) await peer.put('pods', name);
        }),
      );
      const longest = longestTurn();
      const agent = follow(peer, 'pods');
      await agent.ready();
      const ms = longest();
      expect(agent.names('pods')).toEqual(names);
      expect(ms).toBeLessThan(MOST_PAUSE_MS);
      await peer.remove('pods', names[0]!);
      await agent.until('pods', names.slice(1));
      await agent.stop();
    },
  ],
];

const skipped = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);
const noReal = noOpenssl ?? noKubernetes;
const peers = [
  { title: `the stand-in${skipped(noOpenssl)}`, reason: noOpenssl, make: scripted },
  { title: `kube-apiserver${skipped(noReal)}`, reason: noReal, make: () => real(new RealApiServer()) },
];

for (const { title, reason, make } of peers) {
  describe.skipIf(reason !== undefined)(`against ${title}`, () => {
    let peer: Peer;
    let before = 0;
    beforeAll(() => {
      peer = make();
      return peer.open();
    }, 120_000);
    afterAll(() => peer.close(), 30_000);
    beforeEach(() => void (before = peer.requests().length));
    afterEach(() => expectFew(peer.requests().slice(before)));
    test.each(cases)('%s', { timeout: 120_000 }, (_, run) => run(peer));
  });
}
