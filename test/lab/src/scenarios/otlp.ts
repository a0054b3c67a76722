import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attributesOf, newest, parseArrivals, pointsOf, sorted, type Arrival, type Attributes, type Point } from '../arrivals.ts';
import type { Checks } from '../checks.ts';
import { compareMounts } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import { parseMountstats } from '../mountstats.ts';
import { reading } from '../reading.ts';
import { Growth, type Sample } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const otlp: Scenario = {
  name: 'otlp',
  about: 'two pods by OTLP/gRPC, the backend away for a minute: the same totals as mountstats and Prometheus have, to the last window',
  timeoutMs: 600_000,
  async check(out, checks) {
    const arrivals = parseArrivals(await text(out, 'requests'));
    const until = async (name: string): Promise<Sample[]> => newest(arrivals.slice(0, Number(await text(out, `${name}.requests`))));
    const before = await reading(out, 'before');
    const after = await reading(out, 'after');
    const atBefore = await until('before');

    compareSamples(await until('after'), after.samples, checks);

    const final = new Growth(atBefore, newest(arrivals));
    compareMounts(before.mounts, parseMountstats(await text(out, 'stopping.mountstats')), final, checks);
    await comparePods(out, final, checks);
    const operations = (growth: Growth): number => growth.of('nfs_io_duration_seconds_count');
    const flushed = operations(final) - operations(new Growth(atBefore, await until('stopping')));
    checks.that('operations that only the flush of the shutdown brought', flushed > 0, `${flushed}`);

    const [from = 0, to = 0] = (await text(out, 'outage')).split('\n').map(Number);
    checkOutage(arrivals, [from, to], checks);
    const [atFirst = NaN, atLast = NaN] = (await text(out, 'memory')).split('\n').map((line) => parseInt(line, 10) / 1024);
    // A handful of snapshots wait, of a fraction of a megabyte each; the rest is what a garbage collector leaves lying about.
    checks.that('the agent grew by less than 32 MiB in it', atLast - atFirst < 32, `${atFirst.toFixed(1)} to ${atLast.toFixed(1)} MiB`);
    checkSeries(arrivals, checks);
    checkResources(arrivals.at(-1)!, JSON.parse(await text(out, 'pods.json')) as PodObject[], checks);
    checkLog(await text(out, 'agent.log'), to, checks);
    checks.equal('exit status of the receiver that was killed', await text(out, 'receiver.status'), '137');
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};

/** OpenMetrics writes a bound of 1 as 1.0. */
const withBound = ({ le, ...labels }: Attributes): Attributes =>
  le === undefined ? labels : { ...labels, le: le === '+Inf' ? le : String(Number(le)) };

/** Every value of either side is on the other, and the same to the last bit. */
function compareSamples(otlp: readonly Sample[], prometheus: readonly Sample[], checks: Checks): void {
  const valuesOf = (samples: readonly Sample[]): Map<string, number> =>
    new Map(
      samples
        // What was in flight is forgotten five minutes later, on one side before the other; an age and a share are others each second.
        .filter(({ name }) => name.startsWith('nfs') && !/^nfs_io_(inflight|share)|_age_seconds$/.test(name))
        .map(({ name, labels: { job: _job, instance: _instance, ...labels }, value }) => [`${name} ${sorted(withBound(labels))}`, value]),
    );
  const [ours, theirs] = [valuesOf(otlp), valuesOf(prometheus)];
  const all = [...new Set([...ours.keys(), ...theirs.keys()])];
  const partOf = (name: string): string => /_(count|sum|bucket|total) \{/.exec(name)?.[1] ?? 'gauge';
  for (const part of new Set(['count', 'sum', 'bucket', 'total', ...all.map(partOf)])) {
    const names = all.filter((name) => partOf(name) === part);
    const wrong = names.filter((name) => ours.get(name) !== theirs.get(name));
    const [first = ''] = wrong;
    checks.that(
      `values of kind ${part} that both have, and have the same`,
      names.length > 0 && wrong.length === 0,
      wrong.length === 0
        ? `${names.length}`
        : `not ${wrong.length} of ${names.length}: ${first} is ${ours.get(first)} by OTLP, ${theirs.get(first)} in Prometheus`,
    );
  }
}

function checkOutage(arrivals: readonly Arrival[], [from, to]: readonly [number, number], checks: Checks): void {
  checks.that('the receiver was away for a minute', to - from >= 60_000, `${((to - from) / 1000).toFixed(1)} s`);
  const count = (some: (arrival: Arrival) => boolean): number => arrivals.filter(some).length;
  checks.that('requests before it', count(({ atMs }) => atMs < from) > 0, `${count(({ atMs }) => atMs < from)}`);
  checks.equal(
    'requests in that minute',
    count(({ atMs }) => atMs >= from && atMs <= to),
    0,
  );
  const later = arrivals.filter(({ atMs }) => atMs > to);
  checks.that('requests after it', later.length > 0, `${later.length}, the first ${((later[0]?.atMs ?? NaN) - to) / 1000} s after it`);
  checks.equal('receivers that took them', new Set(arrivals.map(({ receiver }) => receiver)).size, 2);
}

function checkSeries(arrivals: readonly Arrival[], checks: Checks): void {
  const last = new Map<string, Point>();
  const wrong = { restarted: [] as string[], older: [] as string[], fallen: [] as string[] };
  for (const { message } of arrivals) {
    for (const point of pointsOf(message)) {
      const previous = last.get(point.series);
      last.set(point.series, point);
      if (!previous) continue;
      if (point.startNano !== previous.startNano) wrong.restarted.push(point.series);
      if (point.timeNano < previous.timeNano) wrong.older.push(point.series);
      if (point.cumulative && point.samples.some(({ value }, i) => !(value >= previous.samples[i]!.value))) wrong.fallen.push(point.series);
    }
  }
  checks.that('series by OTLP', last.size > 0, `${last.size}`);
  checks.equal('start times that changed', wrong.restarted.length, 0);
  checks.equal('points that are older than the one before', wrong.older.length, 0);
  checks.equal('values that fell', wrong.fallen.length, 0);
}

/** What the API server says of a pod, as far as it is asked here. */
interface PodObject {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly containerStatuses: readonly [{ readonly name: string; readonly containerID: string }] };
}

function checkResources({ message }: Arrival, pods: readonly PodObject[], checks: Checks): void {
  const ofPods = [...pointsOf(message)]
    // A share is the node's, and names a workload.
    .filter(({ series }) => !series.startsWith('nfs.io.share '))
    .filter(({ attributes }) => Object.keys(attributes).some((key) => /^(k8s|container)\./.test(key)));
  checks.equal('points with an attribute of their pod', ofPods.length, 0);
  for (const { metadata, spec, status } of pods) {
    const [{ name, containerID }] = status.containerStatuses;
    const id = containerID.replace('containerd://', '');
    const resources = message.resourceMetrics
      .map(({ resource }) => attributesOf(resource.attributes))
      .filter((attributes) => attributes['container.id'] === id);
    const expected: Attributes = {
      'container.id': id,
      'k8s.container.name': name,
      'k8s.namespace.name': metadata.namespace,
      'k8s.node.name': spec.nodeName,
      'k8s.pod.name': metadata.name,
      'k8s.pod.uid': metadata.uid,
      'nfs.io.owner': 'container',
    };
    checks.equal(`ResourceMetrics of ${metadata.name}`, resources.map(sorted).join(), sorted(expected));
  }
}

/** What a user reads of an outage: a line when it begins, a line when it is over, and nothing was lost. */
function checkLog(log: string, to: number, checks: Checks): void {
  const lines = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: string; time: string; component?: string; message: string; retried?: number });
  // An emulated machine may take longer for a request than an attempt has: then there are more such pairs.
  const own = lines.filter(({ component }) => component === 'exporter otlp_grpc');
  const back = own.findIndex(({ message, time }) => message === 'exports again' && Date.parse(time) > to);
  const away = own.slice(own.slice(0, back).findLastIndex(({ level }) => level === 'info') + 1, back);
  const over = own[back];
  checks.equal('lines of the agent about the outage', away.map(({ message }) => message).join('; '), 'export failed, trying again');
  checks.that('the first before the receiver is back', Date.parse(away[0]?.time ?? '') <= to, away[0]?.time);
  checks.that('one when that is over', over !== undefined, over?.message);
  checks.that('attempts that were made again', Number(over?.retried) > 0, `${over?.retried}`);
  const losses = lines.filter(({ level, message }) => level === 'error' || /refused|the last batches/.test(message));
  checks.equal('lines about an error or a loss', losses.map(({ message }) => message).join('; '), '');
}
