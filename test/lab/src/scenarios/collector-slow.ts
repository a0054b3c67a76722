import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attributesOf, type Attributes } from '../arrivals.ts';
import { within, type Checking } from '../checks.ts';
import { collectedMetrics, collectedSpans, giveCollector, ways, type CollectedSpan, type Way } from '../collected.ts';
import { parseMountstats, type Mount } from '../mountstats.ts';
import type { Scenario } from '../scenario.ts';
import { tracedOperations, type TracedOperation } from '../traced-operations.ts';

/** Seconds that "execute" may differ, since the kernel reads its clock for it when our program has run. */
const CLOCKS = 1e-3;
/** The tracepoint has whole microseconds. */
const ROUNDING = 2e-6;
const THRESHOLD = 0.2;

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const collectorSlow: Scenario = {
  name: 'collector-slow',
  about:
    'a network that delays by 200 ms, and a real OpenTelemetry Collector: each slow operation is one span, or dropped by the cap and counted, and exemplars lead to spans',
  timeoutMs: 900_000,
  countedClock: true,
  // What leaves the agent knows no kernel.
  kernels: ['6.1', '6.12'],
  prepare: giveCollector,
  async check(out, checks) {
    const operations = tracedOperations(await text(out, 'trace')).filter(({ execute }) => execute >= THRESHOLD);
    checks.that('enough operations were slow', operations.length >= 32, `${operations.length}`);
    const mounts = [...parseMountstats(await text(out, 'mountstats')).values()];
    const dropped = Number(await text(out, 'dropped'));
    const onPage = exemplarsOfPage(await text(out, 'page'));
    for (const { way, protocol } of ways) {
      const own = within(protocol, checks);
      const spans = await collectedSpans(out, way);
      const isCapped = ({ scope }: CollectedSpan): boolean => scope.endsWith('/capped');
      const whole = spans.filter((span) => !isCapped(span));
      checkSpans(operations, whole, mounts, own);
      checkCap(operations, spans.filter(isCapped), dropped, own);
      await checkExemplars(out, way, spans, onPage, own);
    }
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};

const nameOf = ({ name, attributes }: CollectedSpan): string => `v${attributes['onc_rpc.version']} ${name} ${attributes['onc_rpc.xid']}`;
const truthOf = ({ version, operation, xid }: TracedOperation): string => `v${version} NFS ${operation} ${xid}`;

/** One span for each operation, with its times, its pod and its mount. */
function checkSpans(
  operations: readonly TracedOperation[],
  spans: readonly CollectedSpan[],
  mounts: readonly Mount[],
  checks: Checking,
): void {
  const [told, truth] = [spans.map(nameOf), operations.map(truthOf)];
  checks.that('spans', told.length > 0, `${told.length}`);
  checks.equal('slow operations without a span', truth.filter((one) => !told.includes(one)).join(', '), '');
  checks.equal('spans of no slow operation', told.filter((one) => !truth.includes(one)).join(', '), '');
  checks.equal('spans that are there twice', told.length - new Set(told).size, 0);
  const bySpan = new Map(spans.map((span) => [nameOf(span), span]));
  for (const [time, most, of] of [
    ['queue', ROUNDING, ({ attributes }: CollectedSpan) => Number(attributes['nfs.operation.queue'])],
    ['rtt', ROUNDING, ({ attributes }: CollectedSpan) => Number(attributes['nfs.operation.rtt'])],
    ['execute', CLOCKS, ({ duration }: CollectedSpan) => duration],
  ] as const) {
    const off = operations.flatMap((operation) => {
      const span = bySpan.get(truthOf(operation));
      return span === undefined ? [] : [Math.abs(operation[time] - of(span))];
    });
    const furthest = Math.max(...off);
    checks.that(
      `${time} of each span`,
      off.length === operations.length && furthest <= most,
      `off by ${(furthest * 1e6).toFixed(1)} us at most`,
    );
  }
  for (const [pod, namespace] of [
    ['orders', 'shop'],
    ['etl', 'data'],
  ] as const) {
    for (const { version, server, export: path } of mounts) {
      const reads = spans.filter(
        ({ name, attributes }) => /^NFS READ(_PLUS)?$/.test(name) && attributes['nfs.file.path'] === `/${pod}-v${version}`,
      );
      checks.that(`reads of ${pod} on v${version} are spans`, reads.length >= 8, `${reads.length}`);
      const places = reads.map(
        ({ attributes: of }) =>
          `${of['k8s.namespace.name']}/${of['k8s.pod.name']} on v${of['onc_rpc.version']} of ${of['server.address']}:${of['nfs.export.path']}`,
      );
      checks.equal(
        `whose reads of ${pod} on v${version} are`,
        [...new Set(places)].join(', '),
        `${namespace}/${pod} on v${version} of ${server}:${path}`,
      );
    }
  }
}

/** What a connector with a cap sent, and what it says that it dropped, are all of them. */
function checkCap(operations: readonly TracedOperation[], spans: readonly CollectedSpan[], dropped: number, checks: Checking): void {
  const [told, truth] = [spans.map(nameOf), new Set(operations.map(truthOf))];
  checks.that('spans below the cap, each of a slow operation', told.length > 0 && told.every((one) => truth.has(one)), `${told.length}`);
  checks.equal('those that are there twice', told.length - new Set(told).size, 0);
  checks.that('spans that the cap dropped', dropped > 0, `${dropped}`);
  checks.equal('both together are the slow operations', told.length + dropped, operations.length);
}

interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  /** Of its series, as in OTLP. */
  readonly attributes: Attributes;
}

const idOf = ({ traceId, spanId }: Pick<Exemplar, 'traceId' | 'spanId'>): string => `${traceId}/${spanId}`;

/** Those of nfs.io.duration on a page of OpenMetrics. */
const exemplarsOfPage = (page: string): Exemplar[] =>
  [...page.matchAll(/^nfs_io_duration_seconds_bucket\{(.*)\} \S+ # \{trace_id="(\w+)",span_id="(\w+)"\} (\S+) \S+$/gm)].map(
    ([, labels = '', traceId = '', spanId = '', value]) => ({
      ...{ traceId, spanId, value: Number(value) },
      attributes: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', of = '']) => [name, of])),
    }),
  );

/** Those of nfs.io.duration by OTLP, by names of labels as the page has them. */
async function exemplarsByOtlp(out: string, way: Way): Promise<Exemplar[]> {
  return (await collectedMetrics(out, way))
    .flatMap(({ resourceMetrics }) => resourceMetrics)
    .flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .filter(({ name }) => name === 'nfs.io.duration')
        .flatMap(({ histogram }) => histogram?.dataPoints ?? [])
        .flatMap(({ attributes, exemplars = [] }) => {
          const all = { ...attributesOf(resource.attributes), ...attributesOf(attributes) };
          const labels = Object.fromEntries(Object.entries(all).map(([name, value]) => [name.replaceAll('.', '_'), value]));
          return exemplars.map(({ traceId, spanId, asDouble }) => ({ traceId, spanId, value: asDouble, attributes: labels }));
        }),
    );
}

/** Each leads to a span that arrived: of the same operation, pod and mount, and as long. */
async function checkExemplars(
  out: string,
  way: Way,
  spans: readonly CollectedSpan[],
  onPage: readonly Exemplar[],
  checks: Checking,
): Promise<void> {
  const byId = new Map(spans.map((span) => [idOf(span), span]));
  const sent = await exemplarsByOtlp(out, way);
  for (const [where, exemplars] of [
    ['by OTLP', sent],
    ['on the page', onPage],
  ] as const) {
    checks.that(`exemplars ${where}`, exemplars.length > 0, `${exemplars.length}`);
    const lost = exemplars.filter((one) => !byId.has(idOf(one)));
    checks.equal(`those ${where} that lead to no span`, lost.map(idOf).join(', '), '');
    const wrong = exemplars.filter((one) => {
      const span = byId.get(idOf(one));
      if (span === undefined) return false;
      const differs = ['nfs.operation.name', 'onc_rpc.version', 'k8s.pod.name', 'server.address', 'nfs.export.path'].some(
        (name) => span.attributes[name] !== one.attributes[name.replaceAll('.', '_')],
      );
      // Both times of a span are whole microseconds.
      return differs || Math.abs(span.duration - one.value) > ROUNDING;
    });
    checks.equal(`those ${where} that lead to the span of something else`, wrong.map(idOf).join(', '), '');
  }
  checks.equal('those by OTLP that are there twice', sent.length - new Set(sent.map(idOf)).size, 0);
  const unsent = onPage.filter((one) => !sent.some((other) => idOf(other) === idOf(one)));
  checks.equal('those on the page that were not sent', unsent.map(idOf).join(', '), '');
}
