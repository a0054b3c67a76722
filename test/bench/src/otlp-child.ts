// Serializes histogram series as OTLP, again and again: `otlp-child.js ours|standard SERIES ROUNDS`. Says what each round took of a processor, in ms.
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { asResourceMetrics, histogramSeries } from './histogram-series.ts';
import { otlpInsides } from './tree.ts';

const [kind, series, rounds] = process.argv.slice(2);
const batch = histogramSeries(Number(series));

/** One round; how many bytes it wrote. */
const ours = async (): Promise<(round: number) => number> => {
  const { metricRequests, sentSeries, protobufWriter } = await otlpInsides();
  const writer = protobufWriter(1024 * 1024);
  const follow = sentSeries();
  return (round) => {
    const next = { ...batch, timeMs: batch.timeMs + round };
    let bytes = 0;
    for (const request of metricRequests(next, follow(next), 'cumulative', writer)) bytes += request.bytes.length;
    return bytes;
  };
};

const standard = async (): Promise<(round: number) => number> => {
  const metrics = asResourceMetrics(batch);
  return () => ProtobufMetricsSerializer.serializeRequest(metrics)!.length;
};

const run = await (kind === 'ours' ? ours : standard)();
const times: number[] = [];
let bytes = 0;
for (let round = 0; round < Number(rounds); round++) {
  // Not by the clock: a round is as short as the turns that other processes get.
  const from = process.cpuUsage();
  bytes = run(round);
  const { user, system } = process.cpuUsage(from);
  times.push((user + system) / 1000);
}
process.send!({ times, bytes });
