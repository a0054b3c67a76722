import { startPrometheus, type Sample } from '@nfscope/test-prometheus';
import { vi } from 'vitest';

/** What it reads: a target's address, and what its job says besides. */
export interface Job {
  readonly url: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Of one series, with numbers as text and times in seconds. */
export interface SeriesExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string; readonly timestamp: number }[];
}

/** A real Prometheus that reads its jobs every second. */
export const prometheusServer = async (jobs: Readonly<Record<string, Job>>, features: readonly string[] = []) => {
  const configOf = ([job_name, { url, more = {} }]: [string, Job]) => {
    const { host, pathname, protocol } = new URL(url);
    return { job_name, scheme: protocol.slice(0, -1), metrics_path: pathname, static_configs: [{ targets: [host] }], ...more };
  };
  const config = { scrape_configs: Object.entries(jobs).map(configOf) };
  const prometheus = await startPrometheus({ config, words: features.map((feature) => `--enable-feature=${feature}`) });
  const patience = { timeout: 60_000, interval: 200 };

  return {
    /** The exemplars of the last hour of what a selector finds; waits until there are. */
    exemplars: (selector: string): Promise<readonly SeriesExemplars[]> =>
      vi.waitFor(async () => {
        const now = Date.now() / 1000;
        const asked = { query: selector, start: now - 3600, end: now };
        const found = await prometheus.ask<readonly SeriesExemplars[]>('query_exemplars', asked);
        if (found.length === 0) throw new Error(`${selector} has no exemplars`);
        return found;
      }, patience),
    /** What an instant query finds; waits until `enough` says so of it, or there is something. */
    query: (text: string, enough = (samples: readonly Sample[]): boolean => samples.length > 0): Promise<readonly Sample[]> =>
      vi.waitFor(async () => {
        const samples = await prometheus.query(text);
        if (!enough(samples)) throw new Error(`${text}: ${JSON.stringify(samples)}`);
        return samples;
      }, patience),
    stop: () => prometheus.stop(),
  };
};
