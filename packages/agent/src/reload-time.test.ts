// Under load, by the clock: what a user who edits the configuration waits for.
import { fileURLToPath } from 'node:url';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planPipelines, type Plan } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { Subject } from 'rxjs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { components } from './components.ts';
import { run } from './run.ts';

const BUDGET_S = 1;
const ROUNDS = 7;

const recording = (name: string): string => fileURLToPath(new URL(`../../../examples/recording/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nfscope-reload-'));
mkdirSync(join(folder, 'self'));
// Until the replay puts that of its node there.
writeFileSync(join(folder, 'self/mountinfo'), '');

/** A backend that is dead in the worst way: it lets everybody in, and says nothing. */
const peers = new Set<Socket>();
const silent = createServer((socket) => void peers.add(socket.on('error', () => {})));
beforeAll(() => new Promise<void>((resolve) => silent.listen(0, '0.0.0.0', resolve)));
afterAll(() => {
  peers.forEach((peer) => peer.destroy());
  silent.close();
  rmSync(folder, { recursive: true });
});

/** A whole agent that plays a node as fast as it can. */
const agent = (path: string, interval: string, more: object = {}): Plan =>
  planPipelines(
    {
      receivers: { nfs_replay: { file: recording('nas.recording'), speed: 'max', folder } },
      processors: { nfs_mount: { procfs: folder }, k8s_attributes: { auth_type: 'none', pods_file: recording('pods.json') } },
      connectors: { metrics: { interval } },
      exporters: { prometheus: { endpoint: '127.0.0.1:0', path }, ...more },
      service: {
        telemetry: { metrics: { endpoint: '127.0.0.1:0' } },
        pipelines: {
          nfs: { receivers: ['nfs_replay'], processors: ['nfs_mount', 'k8s_attributes'], exporters: ['metrics'] },
          metrics: { receivers: ['metrics'], exporters: ['prometheus', ...Object.keys(more)] },
        },
      },
    },
    components,
  );

/**
 * With an exporter to that backend; times of its queue are as by default, so that an attempt would take 5 s. Each has an address
 * of its own, since gRPC shares connections.
 */
const towards = (load: number): Plan =>
  agent('/a', '100ms', {
    otlp_grpc: { endpoint: `http://127.0.0.${load + 1}:${(silent.address() as AddressInfo).port}`, interval: '100ms' },
  });

test.each<[what: string, nth: (load: number) => Plan]>([
  ['an exporter', (load) => agent(load % 2 ? '/b' : '/a', '100ms')],
  ['the stream of operations, from its receiver on', (load) => agent('/a', load % 2 ? '200ms' : '100ms')],
  ['an exporter whose backend is dead', towards],
])(`a reload that replaces %s takes less than ${BUDGET_S} s`, { timeout: 60_000 }, async (what, nth) => {
  const log = { ...recordingLogger(), setLevel: () => {} };
  const asked = new Subject<void>();
  const stop = new AbortController();
  let loads = 0;
  const announced: string[] = [];
  const running = run(async () => ({ plan: nth(loads++), files: new Map() }), {
    ...{ log, version: '0.0.0-test', doing: 'runs', stop: stop.signal, reload: asked },
    announce: (line) => announced.push(line),
  });
  await vi.waitFor(() => expect(announced).toHaveLength(1), 10_000);
  const taken = () => log.records.filter(({ message }) => message === 'the configuration was loaded anew');
  for (let round = 1; round <= ROUNDS; round++) {
    // Each instance has an attempt under way.
    if (nth === towards) await vi.waitFor(() => expect(peers.size).toBeGreaterThanOrEqual(round), 10_000);
    asked.next();
    await vi.waitFor(() => expect(taken()).toHaveLength(round), 10_000);
  }
  stop.abort();
  await running;
  expect(log.messages('error')).toEqual([]);
  const seconds = taken()
    .map(({ fields }) => fields['seconds'] as number)
    .toSorted((a, b) => a - b);
  console.log(`a reload that replaces ${what}: median ${seconds[ROUNDS >> 1]!.toFixed(3)} s, longest ${seconds.at(-1)!.toFixed(3)} s`);
  expect(seconds[ROUNDS >> 1]).toBeLessThan(BUDGET_S);
});
