// What pods cost in memory, in a process of its own: `pods-child.js nfscope|informer NUMBER`. Says the bytes of heap a pod.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { podList } from './pod-list.ts';
import { root } from './tree.ts';

const [what, count] = process.argv.slice(2);
const PODS = Number(count);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
};

/** Holds what is measured until the end. */
const holders: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  async nfscope() {
    const part = (path: string): Promise<any> => import(`${root}packages/processor-k8s/dist/${path}`);
    const [{ config }, { projection }, { trackPods }, { podFacts }] = await Promise.all(
      ['config.js', 'pod.js', 'pods.js', 'object-facts.js'].map(part),
    );
    return () => {
      const { pods } = trackPods(projection(config.parse({})));
      const { items } = JSON.parse(podList(PODS)) as { items: unknown[] };
      pods.replace(items.map(podFacts));
      if (pods.counts.size !== PODS) throw new Error(`${pods.counts.size} pods are known`);
      return Promise.resolve(pods);
    };
  },
  async informer() {
    const { CoreV1Api, KubeConfig, makeInformer } = await import('@kubernetes/client-node');
    const server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      // A watch of which nothing ever comes.
      if (request.url!.includes('watch=')) response.flushHeaders();
      else response.end(podList(PODS));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }],
      users: [{ name: 'u' }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    });
    const api = config.makeApiClient(CoreV1Api);
    // What a first request loads is not the pods'.
    await api.listPodForAllNamespaces();
    return async () => {
      const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
      await informer.start();
      if (informer.list().length !== PODS) throw new Error(`${informer.list().length} pods are known`);
      return informer;
    };
  },
};

const hold = await holders[what!]!();
const before = heap();
const held = await hold();
const after = heap();
process.send!((after - before) / PODS);
// Until somebody ends this process.
setInterval(() => held, 60_000);
