import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newest, takenNano } from '../arrivals.ts';
import { within, type Checking } from '../checks.ts';
import { collectedMetrics, collectedRecords, giveCollector, ways, type CollectedRecord, type Way } from '../collected.ts';
import { compareMounts } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import { compareSamples } from '../compare-samples.ts';
import type { Mount } from '../mountstats.ts';
import { reading } from '../reading.ts';
import { Growth, type Sample } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const collector: Scenario = {
  name: 'collector',
  about:
    'a real OpenTelemetry Collector by OTLP/gRPC and by OTLP/HTTP: metrics of two pods against mountstats and Prometheus; an operation that is stuck, once, and once when it is not',
  timeoutMs: 1_200_000,
  // What leaves the agent knows no kernel.
  kernels: ['6.1', '6.12'],
  prepare: giveCollector,
  async check(out, checks) {
    const [before, after] = [await reading(out, 'before'), await reading(out, 'after')];
    for (const { way, protocol } of ways) {
      const own = within(protocol, checks);
      const messages = await collectedMetrics(out, way);
      const until = async (name: string): Promise<Sample[]> => {
        const stillNano = BigInt(await text(out, `${name}.ms`)) * 1_000_000n;
        return newest(messages.filter((message) => takenNano(message) <= stillNano).map((message) => ({ message })));
      };
      const growth = new Growth(await until('before'), await until('after'));
      compareMounts(before.mounts, after.mounts, growth, own);
      await comparePods(out, growth, own);
      compareSamples(await until('after'), after.samples, own);
      await checkRecords(out, way, after.mounts, own);
    }
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};

/** What hangs, by who it is of and where; the kernel's list knows neither. */
const wanted = [
  ['orders', '3', 'READ'],
  ['orders', '3', 'WRITE'],
  ['orders', '4', 'READ'],
  ['orders', '4', 'WRITE'],
  ['etl', '4', 'READ'],
] as const;

/** Each operation that the kernel lists while the server stands still is told once when it is stuck, and once when it no longer is. */
async function checkRecords(out: string, way: Way, mounts: ReadonlyMap<string, Mount>, checks: Checking): Promise<void> {
  const listed = [...(await text(out, 'tasks')).matchAll(/nfs(?:acl)?v(\d+) (\S+)/g)].map(([, version, name]) => `v${version} ${name}`);
  // NFSv4.2 reads by READ_PLUS since 6.2, where the server can.
  const nameOf = (version: string, name: string): string => (listed.includes(`v${version} ${name}_PLUS`) ? `${name}_PLUS` : name);
  const pods = wanted.map(([pod, version, name]) => {
    const { server, export: path } = [...mounts.values()].find((mount) => mount.version === version)!;
    return `${pod} v${version} ${nameOf(version, name)} on ${server}:${path}`;
  });
  const records = await collectedRecords(out, way);
  const of = (event: string): CollectedRecord[] => records.filter(({ eventName }) => eventName === `nfs.operation.${event}`);
  const kindOf = ({ attributes }: CollectedRecord): string => `v${attributes['onc_rpc.version']} ${attributes['nfs.operation.name']}`;
  const placeOf = ({ attributes }: CollectedRecord): string => `${attributes['server.address']}:${attributes['nfs.export.path']}`;
  const podOf = ({ attributes }: CollectedRecord): string | undefined => attributes['k8s.pod.name'];
  for (const event of ['stuck', 'resolved']) {
    const told = of(event);
    checks.equal(`operations told as ${event}, as the kernel lists them`, told.map(kindOf).sort().join(', '), listed.toSorted().join(', '));
    const ofPods = told.filter(podOf).map((one) => `${podOf(one)} ${kindOf(one)} on ${placeOf(one)}`);
    checks.equal(`those of pods, ${event}`, ofPods.sort().join(', '), pods.toSorted().join(', '));
  }
  // A process waits for one operation.
  const same = (a: CollectedRecord, b: CollectedRecord): boolean =>
    kindOf(a) === kindOf(b) && a.attributes['process.pid'] === b.attributes['process.pid'];
  const age = ({ attributes }: CollectedRecord): number => Number(attributes['nfs.operation.age']);
  const followed = of('stuck').filter(
    (stuck) => of('resolved').filter((one) => same(one, stuck) && one.timeNano > stuck.timeNano && age(one) >= age(stuck)).length === 1,
  );
  checks.equal('told as resolved after it was told as stuck, and older', followed.length, listed.length);
  const ages = of('stuck').map(age);
  checks.that(
    'told as stuck when it is 10 s old',
    ages.length > 0 && Math.min(...ages) >= 10,
    `${Math.min(...ages)} to ${Math.max(...ages)} s`,
  );
}
