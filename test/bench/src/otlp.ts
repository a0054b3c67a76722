import { child } from './child.ts';
import type { Row } from './row.ts';
import { ratioOf, spreadOf } from './spread.ts';

const SERIES = 10_000;
const TIMES = 15;
/** Of each process; what comes before the last of them is compiled or not in the caches yet. */
const ROUNDS = 60;
const COUNTED = 30;
/** How the compiler takes a loop differs from one process to the next. */
const PROCESSES = 3;

/** A snapshot as OTLP requests, beside the serializer of the OpenTelemetry SDK alone, which has the SDK's objects given. */
export const otlp = async (): Promise<Row> => {
  const [own, other]: [number[], number[]] = [[], []];
  let bytes = 0;
  for (let i = 0; i < PROCESSES; i++) {
    const serializer = child('otlp-child.js', [String(SERIES), String(ROUNDS)]);
    try {
      const said = (await serializer.said()) as { ours: number[]; standard: number[]; bytes: number };
      own.push(...said.ours.slice(-COUNTED));
      other.push(...said.standard.slice(-COUNTED));
      bytes = said.bytes;
    } finally {
      await serializer.end();
    }
  }
  const ratio = ratioOf(own, other);
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
