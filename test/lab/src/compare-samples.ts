import { sorted } from './arrivals.ts';
import type { Checking } from './checks.ts';
import type { Sample } from './samples.ts';

const kinds = ['count', 'sum', 'bucket', 'total'] as const;

/** By series, whatever either side adds to it; a bound of 1 is 1.0 in OpenMetrics. */
const valuesOf = (samples: readonly Sample[], kind: string): Map<string, number> =>
  new Map(
    samples
      .filter(({ name }) => name.startsWith('nfs') && name.endsWith(`_${kind}`))
      .map(({ name, labels: { job: _job, instance: _instance, le, ...labels }, value }) => {
        const bound = le === undefined ? {} : { le: le === '+Inf' ? le : String(Number(le)) };
        return [`${name} ${sorted({ ...labels, ...bound })}`, value];
      }),
  );

/**
 * Holds what came by OTLP against what Prometheus has: every count, sum, bucket and total of either side is on the other, and the same
 * to the last bit. Gauges are others each second.
 */
export function compareSamples(otlp: readonly Sample[], prometheus: readonly Sample[], checks: Checking): void {
  for (const kind of kinds) {
    const [ours, theirs] = [valuesOf(otlp, kind), valuesOf(prometheus, kind)];
    const all = [...new Set([...ours.keys(), ...theirs.keys()])];
    const wrong = all.filter((series) => ours.get(series) !== theirs.get(series));
    const [first = ''] = wrong;
    checks.that(
      `every ${kind} that Prometheus has`,
      all.length > 0 && wrong.length === 0,
      wrong.length === 0
        ? `${all.length}, difference 0`
        : `not ${wrong.length} of ${all.length}: ${first} is ${ours.get(first)}, in Prometheus ${theirs.get(first)}`,
    );
  }
}
