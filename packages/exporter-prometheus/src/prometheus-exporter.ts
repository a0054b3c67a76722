import type { MetricsBatch } from '@nfscope/model';
import type { ComponentContext, Exporter } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { encoded, type Encoding } from './encoding.ts';
import type { Format } from './format.ts';
import { pagesOf } from './pages.ts';
import { scrapeServer, type ScrapeServer } from './scrape-server.ts';
import { shareRun, type SharedRun } from './shared-run.ts';

/** What of a page is kept for a scrape that joins another: all of it up to 5,000 histogram series of 10 labels. */
const KEEP_BYTES = 32 * 1024 * 1024;

/** An exporter that says where its page is. */
export interface PrometheusExporter extends Required<Exporter<'metrics'>> {
  readonly url: ScrapeServer['url'];
}

/** Serves the latest snapshot to Prometheus; of each scope its own, so several pipelines can share one page. */
export const prometheusExporter = (config: Config, context: ComponentContext): PrometheusExporter => {
  const latest = new Map<string, MetricsBatch>();
  const told = new Set<string>();
  const pages = pagesOf(config, (reason, name) => {
    const key = `${name} ${reason}`;
    if (!told.has(key)) context.log.warn('a metric is left out of the page', { name, reason });
    told.add(key);
  });
  /** Of the set of snapshots; scrapes that overlap share one writing of a page. */
  let runs = new Map<string, SharedRun>();

  const join = (key: string, of: typeof runs, source: () => AsyncGenerator<Uint8Array, void, void>) => {
    const reader = of.get(key)?.join();
    if (reader !== undefined) return reader;
    const run = shareRun(source(), KEEP_BYTES);
    of.set(key, run);
    return run.join()!;
  };
  const body = (format: Format, encoding: Encoding) => {
    const current = runs;
    const key = `${format.kind} ${format.utf8}`;
    const plain = () => join(key, current, () => pages([...latest.values()], format));
    return encoding === 'identity' ? plain() : join(`${key} ${encoding}`, current, () => encoded(encoding, plain()));
  };

  return {
    ...scrapeServer(config, body, context),
    export: async (batch) => {
      latest.set(batch.scope.name, batch);
      runs = new Map();
    },
  };
};
