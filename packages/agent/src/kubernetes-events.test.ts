import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGraph, defineExporter, defineProcessor, planPipelines, type Signals } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { noKubernetes, noOpenssl, RealApiServer, type Json } from '@nfscope/test-api-server';
import { map } from 'rxjs';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { components } from './components.ts';

const recording = join(import.meta.dirname, '../../../examples/recording');
const reason = noOpenssl ?? noKubernetes;

type LogsBatch = Signals['logs'];
const kept: LogsBatch[] = [];
const keep = defineExporter({
  type: 'keep',
  description: 'Keeps all records.',
  config: z.strictObject({}),
  signals: { logs: { stability: 'development', create: () => ({ export: async (batch: LogsBatch) => void kept.push(batch) }) } },
});

/** Nothing hangs in the recording, so one operation of each source is made to, until batch 500: the last pod comes with batch 321. */
const hanging = map((batch: Signals['nfs'], i: number): Signals['nfs'] => {
  const length = i < 500 ? batch.sources.length : 0;
  const [none, zero] = [new Uint32Array(length), new Float64Array(length)];
  const what = { operation: none, charge: new Uint8Array(length), owner: none, file: zero, offset: zero, bytes: none };
  const counts = { transmissions: new Uint16Array(length), timeouts: new Uint16Array(length) };
  return {
    ...batch,
    inflight: { length, age: new Float64Array(length).fill(i), source: none.map((_, source) => source), ...what, ...counts },
  };
});
const hang = defineProcessor({
  type: 'hang',
  description: 'Makes an operation of each source hang.',
  config: z.strictObject({}),
  signals: { nfs: { stability: 'development', create: () => ({ process: hanging }) } },
});

afterEach(() => vi.unstubAllEnvs());

/** How often each is there. */
const counted = (all: readonly (readonly [what: string, count: number])[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const [what, count] of all) sums[what] = (sums[what] ?? 0) + count;
  return sums;
};

test.skipIf(reason !== undefined)(
  `a real API server has an Event of each pod and reason of a replayed node, and counts the records of another exporter${reason ? ` (skipped: ${reason})` : ''}`,
  { timeout: 240_000 },
  async () => {
    const server = new RealApiServer();
    onTestFinished(() => server.close(), 30_000);
    await server.listen();
    await server.apply('rbac-events.yaml');
    const { items } = JSON.parse(readFileSync(join(recording, 'pods.json'), 'utf8')) as { items: Json[] };
    for (const name of new Set(items.map(({ metadata }) => metadata.namespace))) {
      if (name !== 'default') await server.create('/api/v1/namespaces', { metadata: { name } });
    }
    const review = { spec: { resourceAttributes: { verb: 'create', group: 'events.k8s.io', resource: 'events', namespace: 'jobs' } } };
    const may = () => server.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, server.token());
    await vi.waitUntil(async () => (await may()).body.status.allowed, { timeout: 60_000 });

    vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port));
    const pipeline = { receivers: ['nfs_replay'], processors: ['nfs_mount', 'k8s_attributes', 'hang'], exporters: ['logs'] };
    const config = {
      receivers: { nfs_replay: { file: join(recording, 'nas.recording'), speed: 'max', at_end: 'end' } },
      processors: { nfs_mount: {}, hang: {}, k8s_attributes: { pods_file: join(recording, 'pods.json'), wait_for_metadata: true } },
      connectors: { logs: { stuck: '10s' } },
      exporters: {
        keep: {},
        k8s_events: {
          ...{ node: 'node-1', service_account_path: server.serviceAccountPath, timeout: '60s' },
        },
      },
      service: { pipelines: { nfs: pipeline, logs: { receivers: ['logs'], exporters: ['keep', 'k8s_events'] } } },
    };
    const log = recordingLogger();
    const graph = buildGraph(planPipelines(config, [...components, hang, keep]), { log, version: 'test' });
    await graph.start();
    await graph.done;
    await graph.shutdown(AbortSignal.timeout(60_000));

    const { body } = await server.ask('GET', '/apis/events.k8s.io/v1/events');
    const events = body.items.filter(({ reportingController }: Json) => reportingController === 'nfscope');
    const told = counted(
      events.map(({ regarding, reason, type, series }: Json) => [
        `${regarding.kind} ${regarding.uid} ${reason} ${type}`,
        series?.count ?? 1,
      ]),
    );
    const records = kept.flatMap((batch) => batch.records.map((record) => ({ ...record, of: batch.resources[record.resource]! })));
    const uids = new Set(items.map(({ metadata }) => metadata.uid));
    const said: Record<string, string> = {
      'nfs.operation.stuck': 'NfsOperationStuck Warning',
      'nfs.operation.resolved': 'NfsOperationResolved Normal',
    };
    const whose = (of: (typeof records)[number]['of']): string =>
      uids.has(of['k8s.pod.uid']) ? `Pod ${String(of['k8s.pod.uid'])}` : 'Node node-1';
    expect(told).toEqual(counted(records.map(({ of, eventName }) => [`${whose(of)} ${said[eventName]}`, 1])));
    // The five pods of the recording, and who has none, each stuck and resolved.
    expect(Object.keys(told)).toHaveLength(2 * (items.length + 1));
    expect(events.filter(({ reportingInstance }: Json) => reportingInstance !== 'node-1')).toEqual([]);
    expect(log.messages('warn')).toEqual([]);
  },
);
