import { child } from './child.ts';
import type { Row } from './row.ts';
import { ratioToMedian, spreadOf } from './spread.ts';

const SERIES = 10_000;
const TIMES = 15;
/** Of each process; what comes before the last of them is compiled or not in the caches yet. */
const ROUNDS = 60;
const COUNTED = 30;
/** They take turns, so that a slow moment of the machine meets both. */
const PROCESSES = 3;

const measured = async (kind: 'ours' | 'standard'): Promise<{ readonly times: readonly number[]; readonly bytes: number }> => {
  const serializer = child('otlp-child.js', [kind, String(SERIES), String(ROUNDS)]);
  try {
    const { times, bytes } = (await serializer.said()) as { times: number[]; bytes: number };
    return { times: times.slice(-COUNTED), bytes };
  } finally {
    await serializer.end();
  }
};

/** A snapshot as OTLP requests, beside the serializer of the OpenTelemetry SDK alone, which has the SDK's objects given. */
export const otlp = async (): Promise<Row> => {
  const [own, other]: [number[], number[]] = [[], []];
  let bytes = 0;
  for (let i = 0; i < PROCESSES; i++) {
    const ours = await measured('ours');
    bytes = ours.bytes;
    own.push(...ours.times);
    other.push(...(await measured('standard')).times);
  }
  const ratio = ratioToMedian(own, other);
  return {
    what: `OTLP requests of ${SERIES} histogram series, ${(bytes / 1e6).toFixed(1)} MB`,
    unit: 'ms of CPU',
    budget: `<= 1/${TIMES} of the other`,
    measured: spreadOf(own),
    alternative: { name: 'ProtobufMetricsSerializer', measured: spreadOf(other) },
    ratio,
    met: ratio.median <= 1 / TIMES,
  };
};
