import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const executable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** From PATH, or from the lab, which unpacks Debian's packages below nfscope's cache folder. */
const program = (name: string): string | undefined => {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
  const roots = readdirSync(cache, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...roots.map((entry) => join(cache, entry.name, 'usr/bin'))];
  return folders.map((folder) => join(folder, name)).find(executable);
};

export const missing = (): string | undefined =>
  program('prometheus') && program('promtool') ? undefined : 'no Prometheus on PATH nor unpacked by the lab (`npm run lab:runtimes`)';

/** Runs promtool; what it said, and whether it was content. */
export const promtool = (...words: readonly string[]): { readonly good: boolean; readonly said: string } => promtoolIn('.', ...words);

/** The same, in a folder. */
export const promtoolIn = (cwd: string, ...words: readonly string[]): { readonly good: boolean; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(program('promtool')!, words, { encoding: 'utf8', cwd });
  return { good: status === 0, said: `${stdout}${stderr}` };
};

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Where a Prometheus keeps what it knows, and more words of its command line. */
interface Settings {
  readonly data: string;
  readonly words: readonly string[];
}

export interface Prometheus {
  readonly url: string;
  /** What `/api/v1/<way>` answers, Throws what Prometheus has to say against it. */
  ask<T>(way: 'query' | 'query_range', parameters: Readonly<Record<string, string | number>>): Promise<readonly T[]>;
  /** The same of an expression, now. */
  query(expression: string): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** A real one that looks at these addresses, `host:port`, each second, with these rules; ready when it is returned. */
export const startPrometheus = async (
  targets: readonly string[],
  rules: readonly string[],
  settings: Partial<Settings> = {},
): Promise<Prometheus> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-prometheus-'));
  const { data = join(folder, 'data'), words: more = [] } = settings;
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [{ job_name: 'nfscope', static_configs: [{ targets }] }],
  };
  const file = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const words = [`--config.file=${file}`, `--storage.tsdb.path=${data}`, `--web.listen-address=127.0.0.1:${port}`, ...more];
  const child: ChildProcess = spawn(program('prometheus')!, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error(`Prometheus has ended: ${said}`)));
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server is ready')) resolve();
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const ask: Prometheus['ask'] = async <T>(way: string, parameters: Readonly<Record<string, string | number>>) => {
    if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${said}`);
    const asked = new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]));
    const response = await fetch(`${url}/api/v1/${way}?${asked.toString()}`);
    const answer = (await response.json()) as { status: string; error?: string; data: { result: T[] } };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters['query']}`);
    return answer.data.result;
  };
  return {
    url,
    ask,
    query: (query) => ask<Answer>('query', { query }),
    async stop() {
      const ended = once(child, 'exit');
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await ended;
      }
      rmSync(folder, { recursive: true });
    },
  };
};
