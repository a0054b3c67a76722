// Under load, by the clock: what a user who edits the configuration waits for.
import { fileURLToPath } from 'node:url';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planPipelines, type Plan } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { Subject } from 'rxjs';
import { afterAll, expect, test, vi } from 'vitest';
import { components } from './components.ts';
import { run } from './run.ts';

const BUDGET_S = 1;
const ROUNDS = 7;

const recording = (name: string): string => fileURLToPath(new URL(`../../../examples/recording/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nfscope-reload-'));
mkdirSync(join(folder, 'self'));
// Until the replay puts that of its node there.
writeFileSync(join(folder, 'self/mountinfo'), '');
afterAll(() => rmSync(folder, { recursive: true }));

/** A whole agent that plays a node as fast as it can. */
const agent = (path: string, interval: string): Plan =>
  planPipelines(
    {
      receivers: { nfs_replay: { file: recording('nas.recording'), speed: 'max', folder } },
      processors: { nfs_mount: { procfs: folder }, k8s_attributes: { auth_type: 'none', pods_file: recording('pods.json') } },
      connectors: { metrics: { interval } },
      exporters: { prometheus: { endpoint: '127.0.0.1:0', path } },
      service: {
        telemetry: { metrics: { endpoint: '127.0.0.1:0' } },
        pipelines: {
          nfs: { receivers: ['nfs_replay'], processors: ['nfs_mount', 'k8s_attributes'], exporters: ['metrics'] },
          metrics: { receivers: ['metrics'], exporters: ['prometheus'] },
        },
      },
    },
    components,
  );

test.each<[what: string, plans: readonly [Plan, Plan]]>([
  ['an exporter', [agent('/a', '100ms'), agent('/b', '100ms')]],
  ['the stream of operations, from its receiver on', [agent('/a', '100ms'), agent('/a', '200ms')]],
])(`a reload that replaces %s takes less than ${BUDGET_S} s`, { timeout: 60_000 }, async (what, plans) => {
  const log = { ...recordingLogger(), setLevel: () => {} };
  const asked = new Subject<void>();
  const stop = new AbortController();
  let loads = 0;
  const announced: string[] = [];
  const running = run(async () => ({ plan: plans[loads++ % 2]!, files: [] }), {
    ...{ log, version: '0.0.0-test', doing: 'runs', stop: stop.signal, reload: asked },
    announce: (line) => announced.push(line),
  });
  await vi.waitFor(() => expect(announced).toHaveLength(1), 10_000);
  const taken = () => log.records.filter(({ message }) => message === 'the configuration was loaded anew');
  for (let round = 1; round <= ROUNDS; round++) {
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
