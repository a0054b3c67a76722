import type { MetricsBatch } from '@nfscope/model';
import type { ComponentContext, Exporter } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { encoded, type Encoding } from './encoding.ts';
import type { Format } from './format.ts';
import { pagesOf } from './pages.ts';
import { scrapeServer, type ScrapeServer } from './scrape-server.ts';

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
  const body = (format: Format, encoding: Encoding) => encoded(encoding, pages([...latest.values()], format));

  return {
    ...scrapeServer(config, body, context),
    export: async (batch) => void latest.set(batch.scope.name, batch),
  };
};
