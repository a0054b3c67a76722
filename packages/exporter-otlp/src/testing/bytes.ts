import type { MetricsBatch } from '@nfscope/model';
import { metricRequests } from '../metric-requests.ts';
import { protobufWriter } from '../protobuf-writer.ts';
import { sentSeries } from '../sent-series.ts';

/** A snapshot as the bytes of its requests, to a backend that has nothing yet. */
export const bytesOf = (batch: MetricsBatch): Buffer[] =>
  Array.from(metricRequests(batch, sentSeries()(batch), 'cumulative', protobufWriter(1024)), ({ bytes }) => Buffer.from(bytes));
