import type { MetricsBatch } from '@nfscope/model';
import type { ComponentContext, Exporter } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { familiesOf } from './families.ts';
import { labelCache } from './labels.ts';
import { page } from './page.ts';
import { gzipped, scrapeServer, type ScrapeServer } from './scrape-server.ts';
import { shareRun, type SharedRun } from './shared-run.ts';

/** What of a page is kept for a scrape that joins another: all of it up to 5,000 histogram series of 10 labels. */
const KEEP_BYTES = 32 * 1024 * 1024;

/** An exporter that says where its page is. */
export interface PrometheusExporter extends Required<Exporter<'metrics'>> {
  readonly url: ScrapeServer['url'];
}

/** The page of a set of snapshots; scrapes that overlap share one writing of it. */
interface Pages {
  plain?: SharedRun;
  gzip?: SharedRun;
}

/** Serves the latest snapshot to Prometheus; of each scope its own, so several pipelines can share one page. */
export const prometheusExporter = (config: Config, context: ComponentContext): PrometheusExporter => {
  const latest = new Map<string, MetricsBatch>();
  const labels = labelCache();
  const conflicts = new Set<string>();
  let pages: Pages = {};

  const families = () =>
    familiesOf(latest.values(), (name, { type }) => {
      if (!conflicts.has(name)) context.log.warn('a metric is left out, since its name has another type already', { name, type });
      conflicts.add(name);
    });
  const join = (kind: keyof Pages, of: Pages, source: () => AsyncGenerator<Uint8Array, void, void>) => {
    const reader = of[kind]?.join();
    if (reader !== undefined) return reader;
    const run = shareRun(source(), KEEP_BYTES);
    of[kind] = run;
    return run.join()!;
  };
  const plain = (of: Pages) => join('plain', of, () => page(families(), labels));
  const server = scrapeServer(
    config,
    (gzip) => {
      const current = pages;
      return gzip ? join('gzip', current, () => gzipped(plain(current))) : plain(current);
    },
    context,
  );

  return {
    ...server,
    export: async (batch) => {
      latest.set(batch.scope.name, batch);
      pages = {};
    },
  };
};
