import type { NfsBatch, TracesBatch } from '@nfscope/model';
import type { ComponentContext, Connector } from '@nfscope/pipeline';
import { concat, defer, filter, map, of, type Observable } from 'rxjs';
import type { Config } from './config.ts';
import { spanSampler } from './span-sampler.ts';

/**
 * Hands on spans with the batch whose events they come from, or as soon as their source has its name, and what is still
 * held back when the input completes.
 */
export const tracesConnector = (config: Config, context: ComponentContext): Connector<'nfs', 'traces'> => ({
  connect: (batches) => defer(() => spans(batches, config, context)),
});

const spans = (batches: Observable<NfsBatch>, config: Config, context: ComponentContext): Observable<TracesBatch> => {
  const sampler = spanSampler(config, context);
  const rest = defer(() => of(sampler.release()));
  return concat(batches.pipe(map((batch) => sampler.take(batch))), rest).pipe(filter((batch) => batch !== undefined));
};
