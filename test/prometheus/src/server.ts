import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPrometheus, type Installed } from './program.ts';

export interface PrometheusOptions {
  /** Debian's by default. */
  readonly installed?: Installed;
  /** Its configuration; it scrapes and evaluates each second where that does not say otherwise. */
  readonly config?: object;
  /** What guards its own pages: the file of `--web.config.file`. */
  readonly web?: object;
  /** Folder of its data; one that is gone afterwards by default. */
  readonly data?: string;
  /** More words of its command line. */
  readonly words?: readonly string[];
}

/** One series of an answer, at one time. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Of a native histogram NaN. */
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** The data of what `/api/v1/PATH` answers. Throws what Prometheus has to say against it. */
  ask<T>(path: string, parameters: Readonly<Record<string, string | number>>): Promise<T>;
  /** What an expression finds now, or at a time in seconds. */
  query(expression: string, time?: number): Promise<readonly Sample[]>;
  stop(): Promise<void>;
}

/** A port of this machine that nobody has at the moment. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const everySecond = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };

/** A real one, ready when it is returned. */
export const startPrometheus = async ({
  installed = debianPrometheus,
  config,
  web = {},
  data,
  words = [],
}: PrometheusOptions = {}): Promise<Prometheus> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-prometheus-'));
  const port = await freePort();
  const [file, webFile] = [join(folder, 'prometheus.json'), join(folder, 'web.json')];
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ global: everySecond, ...config }));
  writeFileSync(webFile, JSON.stringify(web));
  const files = [`--config.file=${file}`, `--web.config.file=${webFile}`, `--storage.tsdb.path=${data ?? join(folder, 'data')}`];
  const child = spawn(installed.program!, [...files, `--web.listen-address=127.0.0.1:${port}`, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error(`Prometheus has ended: ${said}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server is ready')) resolve();
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const ask: Prometheus['ask'] = async <T>(path: string, parameters: Readonly<Record<string, string | number>>) => {
    if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${said}`);
    const asked = new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]));
    const { error, data: found } = (await (await fetch(`${url}/api/v1/${path}?${asked.toString()}`)).json()) as {
      error?: string;
      data?: T;
    };
    if (found === undefined) throw new Error(`${error}: ${asked.get('query')}`);
    return found;
  };
  return {
    url,
    ask,
    async query(query, time) {
      const { result } = await ask<{ result: { metric: Sample['metric']; value?: [number, string] }[] }>(
        'query',
        time === undefined ? { query } : { query, time },
      );
      return result.map(({ metric, value }) => ({ metric, value: Number(value?.[1]) }));
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};
