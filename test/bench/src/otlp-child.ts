// Serializes histogram series as OTLP in two ways by turns: `otlp-child.js SERIES ROUNDS`. Says what each round took of a processor, in ms.
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { asResourceMetrics, histogramSeries } from './histogram-series.ts';
import { interleave } from './spread.ts';
import { otlpInsides } from './tree.ts';

const [series, rounds] = process.argv.slice(2).map(Number);
const batch = histogramSeries(series!);
const metrics = asResourceMetrics(batch);
const { metricRequests, sentSeries, protobufWriter } = await otlpInsides();
const writer = protobufWriter(1024 * 1024);
const follow = sentSeries();

let bytes = 0;
let timeMs = batch.timeMs;
const ours = (): void => {
  const next = { ...batch, timeMs: ++timeMs };
  bytes = 0;
  for (const request of metricRequests(next, follow(next), 'cumulative', writer)) bytes += request.bytes.length;
};

/** Not by the clock: a round is as short as the turns that other processes get. */
const processorMs = (work: () => unknown) => (): number => {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
};

const times = interleave(rounds!, {
  ours: processorMs(ours),
  standard: processorMs(() => ProtobufMetricsSerializer.serializeRequest(metrics)),
});
process.send!({ ...times, bytes });
