import { fileURLToPath } from 'node:url';
import { components } from '@nfscope/agent';
import { buildGraph, planPipelines } from '@nfscope/pipeline';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** What a file would say, as an object: it is checked in the same way, and its mistakes are named in the same words. */
const config = {
  receivers: { nfs_replay: { file: path('../recording/nas.recording'), speed: 'max', at_end: 'end' } },
  processors: { k8s_attributes: { pods_file: path('../recording/pods.json') } },
  connectors: { metrics: {} },
  exporters: { prometheus: { endpoint: '127.0.0.1:0' } },
  service: {
    pipelines: {
      nfs: { receivers: ['nfs_replay'], processors: ['k8s_attributes'], exporters: ['metrics'] },
      metrics: { receivers: ['metrics'], exporters: ['prometheus'] },
    },
  },
};

const silent = () => {};
const log = { debug: silent, info: silent, warn: console.warn, error: console.error };
const graph = buildGraph(planPipelines(config, components), { log, version: '1.0.0' });
await graph.start();
await graph.done;

const page = await (await fetch(graph.urls().get('prometheus') ?? '')).text();
const operations = [...page.matchAll(/^nfs_io_duration_seconds_count\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
console.log(operations, 'operations in', page.match(/^nfs_io_duration_seconds_count/gm)?.length, 'series');
await graph.shutdown(AbortSignal.timeout(5_000));
