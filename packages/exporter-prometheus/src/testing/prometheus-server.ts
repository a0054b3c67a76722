import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/** What it reads: a target's address, and what its job says besides. */
export interface Job {
  readonly url: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Of one series, with numbers as text and times in seconds. */
export interface SeriesExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string; readonly timestamp: number }[];
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** A real Prometheus that reads its jobs every second. */
export const prometheusServer = async (program: string, jobs: Readonly<Record<string, Job>>, features: readonly string[] = []) => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-prometheus-'));
  const port = await freePort();
  const file = join(folder, 'prometheus.json');
  const configOf = ([job_name, { url, more = {} }]: [string, Job]) => {
    const { host, pathname, protocol } = new URL(url);
    return { job_name, scheme: protocol.slice(0, -1), metrics_path: pathname, static_configs: [{ targets: [host] }], ...more };
  };
  // JSON is YAML.
  const settings = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: Object.entries(jobs).map(configOf) };
  writeFileSync(file, JSON.stringify(settings));
  const flags = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  const running = spawn(program, [...flags, ...(features.length > 0 ? [`--enable-feature=${features.join()}`] : [])], { stdio: 'ignore' });
  const ended = once(running, 'exit');

  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { data, error } = (await answer.json()) as { error?: string; data?: T };
    if (data === undefined) throw new Error(error);
    return data;
  };
  const patience = { timeout: 60_000, interval: 200 };

  return {
    /** The exemplars of the last hour of what a selector finds; waits until there are. */
    exemplars: (selector: string): Promise<readonly SeriesExemplars[]> =>
      vi.waitFor(async () => {
        const now = Date.now() / 1000;
        const found = await ask<readonly SeriesExemplars[]>(
          `query_exemplars?query=${encodeURIComponent(selector)}&start=${now - 3600}&end=${now}`,
        );
        if (found.length === 0) throw new Error(`${selector} has no exemplars`);
        return found;
      }, patience),
    /** What an instant query finds; waits until `enough` says so of it, or there is something. */
    query: (text: string, enough = (samples: readonly Sample[]): boolean => samples.length > 0): Promise<readonly Sample[]> =>
      vi.waitFor(async () => {
        const { result } = await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
          `query?query=${encodeURIComponent(text)}`,
        );
        const samples = result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
        if (!enough(samples)) throw new Error(`${text}: ${JSON.stringify(samples)}`);
        return samples;
      }, patience),
    async stop(): Promise<void> {
      running.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};
