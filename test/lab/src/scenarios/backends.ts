import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sorted } from '../arrivals.ts';
import type { Checks } from '../checks.ts';
import { compareMounts } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import { reading } from '../reading.ts';
import { Growth, parseSamples, type Sample } from '../samples.ts';
import type { Scenario } from '../scenario.ts';
import { tracedOperations } from '../traced-operations.ts';
import { victoriaMetrics } from '../victoria-metrics.ts';

/** As guest.sh calls them; the first is the one that `stand_still` asks too. */
const ways = ['openmetrics', 'text', 'native', 'remote-write', 'victoria-metrics'] as const;
type Backend = (typeof ways)[number];

/** Those of nfscope.yaml. */
const bounds = Array.from({ length: 19 }, (_, i) => 2 ** (i - 12));

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());
const samplesOf = async (out: string, name: string, backend: Backend): Promise<Sample[]> =>
  parseSamples(await text(out, `${name}.${backend}.json`));

export const backends: Scenario = {
  name: 'backends',
  about: 'the same totals from Prometheus (OpenMetrics, text, native histograms, remote-write) and VictoriaMetrics (OTLP/HTTP); a pod goes',
  timeoutMs: 1_200_000,
  kernels: ['6.1', '6.12'],
  async prepare(share) {
    await copyFile(join(await victoriaMetrics(), 'victoria-metrics'), join(share, 'bin', 'victoria-metrics'));
  },
  async check(out, checks) {
    const { mounts: before } = await reading(out, 'before');
    const { mounts: after } = await reading(out, 'after');
    const trace = await text(out, 'trace');
    for (const backend of ways) {
      process.stdout.write(`${backend}:\n`);
      const samples = await samplesOf(out, 'after', backend);
      const growth = new Growth(await samplesOf(out, 'before', backend), samples);
      compareMounts(before, after, growth, checks);
      await comparePods(out, growth, checks);
      compareSums(samples, await samplesOf(out, 'after', ways[0]), backend === 'victoria-metrics' ? DECIMAL : 0, checks);
      for (const quantile of ['0.5', '0.9']) {
        const [answer] = parseSamples(await text(out, `quantile.${backend}.${quantile}.json`));
        checkQuantile(Number(quantile), answer?.value ?? NaN, writesIn(trace), checks);
      }
      await checkEnd(out, backend, checks);
    }
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};

/** VictoriaMetrics keeps numbers as decimals: a sum came back 2e-16 of itself apart at most. Others keep the last bit. */
const DECIMAL = 1e-15;

/** Every count, sum and total that either has, and the same. */
function compareSums(samples: readonly Sample[], reference: readonly Sample[], most: number, checks: Checks): void {
  const valuesOf = (all: readonly Sample[]): Map<string, number> =>
    new Map(
      all
        .filter(({ name }) => /^nfs_.*_(count|sum|total)$/.test(name))
        .map(({ name, labels: { job: _job, instance: _instance, ...labels }, value }) => [`${name} ${sorted(labels)}`, value]),
    );
  const [ours, theirs] = [valuesOf(samples), valuesOf(reference)];
  const all = [...new Set([...ours.keys(), ...theirs.keys()])];
  const wrong = all.filter((name) => !(Math.abs(ours.get(name)! - theirs.get(name)!) <= most * theirs.get(name)!));
  const [first = ''] = wrong;
  checks.that(
    'counts, sums and totals that are those of the OpenMetrics page',
    all.length > 0 && wrong.length === 0,
    wrong.length === 0
      ? `${all.length}`
      : `not ${wrong.length} of ${all.length}: ${first} is ${ours.get(first)}, there ${theirs.get(first)}`,
  );
}

/** Seconds that each WRITE took, by the kernel's own tracepoint. */
const writesIn = (trace: string): number[] =>
  tracedOperations(trace).flatMap(({ operation, execute }) => (operation === 'WRITE' ? [execute] : []));

function checkQuantile(quantile: number, answer: number, durations: readonly number[], checks: Checks): void {
  const truth = durations.toSorted((a, b) => a - b)[Math.ceil(quantile * durations.length) - 1] ?? NaN;
  // As a histogram has them: a bucket ends with its bound, and the answer is one of its bounds at the worst.
  const bucketOf = (value: number): number => bounds.findIndex((bound) => value <= bound * (1 + 1e-9));
  checks.that(
    `quantile ${quantile} of ${durations.length} WRITEs, within one bucket of the truth`,
    durations.length >= 20 && Math.abs(bucketOf(answer) - bucketOf(truth)) <= 1,
    `${answer} s; the truth is ${truth} s`,
  );
}

/** etl was deleted, and one of the same name came. */
async function checkEnd(out: string, backend: Backend, checks: Checks): Promise<void> {
  const ofPod = (samples: readonly Sample[], pod: string): Sample[] => samples.filter(({ labels }) => labels['k8s_pod_name'] === pod);
  const gone = await samplesOf(out, 'gone', backend);
  checks.that('orders has its series still', ofPod(gone, 'orders').length > 0, `${ofPod(gone, 'orders').length}`);
  checks.equal('series of etl when it is gone', ofPod(gone, 'etl').length, 0);
  const anew = ofPod(await samplesOf(out, 'anew', backend), 'etl');
  const container = await text(out, 'anew.container');
  const written = (await text(out, 'anew.work')).split('\n').reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  const size = { nfs_operation_name: 'WRITE', k8s_pod_name: 'etl' };
  checks.equal(
    'series of etl of another container than the new one',
    anew.filter(({ labels }) => labels['container_id'] !== container).length,
    0,
  );
  checks.equal('bytes that the new etl wrote', new Growth([], anew).of('nfs_io_size_bytes_sum', size), written);
}
