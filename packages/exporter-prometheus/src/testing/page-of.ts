import type { MetricsBatch } from '@nfscope/model';
import { config } from '../config.ts';
import { negotiateFormat } from '../format.ts';
import { pagesOf } from '../pages.ts';

/** The page of some snapshots, for who sends this `Accept`, by this configuration. */
export const pageOf = async (accept: string | undefined, raw: object, ...batches: MetricsBatch[]): Promise<string> => {
  const chunks: Uint8Array[] = [];
  const pages = pagesOf(config.parse(raw), () => {});
  for await (const chunk of pages(batches, negotiateFormat(accept))) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString();
};

/** The page of who asks for nothing in particular, by the defaults. */
export const textOf = (...batches: MetricsBatch[]): Promise<string> => pageOf(undefined, {}, ...batches);

export const openMetrics = 'application/openmetrics-text;version=1.0.0';
