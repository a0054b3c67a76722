import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
export const promtool = (...words: readonly string[]): { readonly good: boolean; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(program('promtool')!, words, { encoding: 'utf8' });
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

export interface Prometheus {
  /** Throws what Prometheus has to say against the expression. */
  query(expression: string): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** A real one that looks at these addresses, `host:port`, each second, with these rules. */
export const startPrometheus = async (targets: readonly string[], rules: string): Promise<Prometheus> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-prometheus-'));
  mkdirSync(join(folder, 'data'));
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: [{ job_name: 'nfscope', static_configs: [{ targets }] }],
  };
  const file = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const words = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  const child: ChildProcess = spawn(program('prometheus')!, [...words, '--log.level=error'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    async query(expression) {
      if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${said}`);
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
      const response = await fetch(url);
      const answer = (await response.json()) as { status: string; error?: string; data: { result: Answer[] } };
      if (answer.status !== 'success') throw new Error(`${answer.error}: ${expression}`);
      return answer.data.result;
    },
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
