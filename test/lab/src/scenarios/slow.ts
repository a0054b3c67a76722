import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debugSpans, type DebugSpan } from '../debug-lines.ts';
import type { Scenario } from '../scenario.ts';

/** Seconds that "execute" may differ, since the kernel reads its clock for it when our program has run. */
const CLOCKS = 1e-3;
/** The tracepoint has whole microseconds. */
const ROUNDING = 2e-6;
const THRESHOLD = 0.2;

interface Traced {
  readonly xid: string;
  readonly version: string;
  readonly operation: string;
  readonly queue: number;
  readonly rtt: number;
  readonly execute: number;
}

/** What rpc_stats_latency said of each operation. */
const traced = (trace: string): Traced[] =>
  [...trace.matchAll(/rpc_stats_latency: .*xid=0x([0-9a-f]+) nfsv(\d) (\S+) backlog=(\d+) rtt=(\d+) execute=(\d+)/g)].map(
    ([, xid = '', version = '', operation = '', queue, rtt, execute]) => ({
      xid: String(parseInt(xid, 16)),
      version,
      operation,
      queue: Number(queue) / 1e6,
      rtt: Number(rtt) / 1e6,
      execute: Number(execute) / 1e6,
    }),
  );

export const slow: Scenario = {
  name: 'slow',
  about: 'a network that delays by 200 ms: each operation that takes longer is one span of the right pod, against the kernel’s tracepoint',
  timeoutMs: 900_000,
  countedClock: true,
  async check(out, checks) {
    const operations = traced(await readFile(join(out, 'trace'), 'utf8')).filter(({ execute }) => execute >= THRESHOLD);
    const spans = debugSpans(await readFile(join(out, 'debug'), 'utf8'));
    checks.that('enough operations were slow', operations.length >= 32, `${operations.length}`);
    const told = spans.map(({ name, attributes: of }) => `v${of['onc_rpc.version']} ${name} ${of['onc_rpc.xid']}`);
    const truth = operations.map(({ version, operation, xid }) => `v${version} NFS ${operation} ${xid}`);
    checks.equal('slow operations without a span', truth.filter((one) => !told.includes(one)).join(', '), '');
    checks.equal('spans of no slow operation', told.filter((one) => !truth.includes(one)).join(', '), '');
    checks.equal('spans that are there twice', told.length - new Set(told).size, 0);
    const byXid = new Map(spans.map((span) => [span.attributes['onc_rpc.xid'], span]));
    const off = (of: (operation: Traced) => number, said: (span: DebugSpan) => number): number =>
      Math.max(
        ...operations.flatMap((operation) => {
          const span = byXid.get(operation.xid);
          return span === undefined ? [] : [Math.abs(of(operation) - said(span))];
        }),
      );
    for (const [time, difference, most] of [
      ['queue', off(({ queue }) => queue, ({ attributes }) => Number(attributes['nfs.operation.queue'])), ROUNDING], // prettier-ignore
      ['rtt', off(({ rtt }) => rtt, ({ attributes }) => Number(attributes['nfs.operation.rtt'])), ROUNDING], // prettier-ignore
      ['execute', off(({ execute }) => execute, ({ duration }) => duration), CLOCKS], // prettier-ignore
    ] as const)
      checks.that(`${time} of each span`, difference <= most, `off by ${(difference * 1e6).toFixed(1)} us at most`);

    for (const pod of ['orders', 'etl']) {
      const reads = spans.filter(
        ({ name, attributes }) => /^NFS READ(_PLUS)?$/.test(name) && attributes['nfs.file.path']?.startsWith(`/${pod}-v`),
      );
      checks.that(`reads of ${pod} are spans`, reads.length >= 16, `${reads.length}`);
      const wrong = reads.filter(({ attributes }) => attributes['k8s.pod.name'] !== pod || attributes['server.address'] !== '10.9.0.2');
      checks.equal(`those of ${pod} with another pod or server`, wrong.length, 0);
    }
    checks.equal('exit status of the agent after SIGTERM', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
  },
};
