import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { vi } from 'vitest';

const executable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
const cached = existsSync(cache) ? readdirSync(cache) : [];

/** A Prometheus that is here or is not. */
export interface Installed {
  readonly program: string | undefined;
  /** Why there is none; undefined when there is. */
  readonly absent: string | undefined;
}

const installed = (files: readonly string[], where: string): Installed => {
  const program = files.find(executable);
  return { program, absent: program === undefined ? where : undefined };
};

/** From PATH, or unpacked below nfscope's cache folder: it may be one of before remote-write 2.0. */
export const debianPrometheus = installed(
  [...(process.env['PATH'] ?? '').split(delimiter), ...cached.map((name) => join(cache, name, 'usr/bin'))].map((folder) =>
    join(folder, 'prometheus'),
  ),
  'no Prometheus on PATH nor below the cache folder of nfscope; the Debian package prometheus has it',
);

/** Built from its Go modules. */
export const prometheus3 = installed(
  cached.filter((name) => name.startsWith('prometheus-')).map((name) => join(cache, name, 'prometheus')),
  'Prometheus 3 is not built here: `npm run prometheus` builds it or says why not',
);

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Of a native histogram NaN. */
  readonly value: number;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** A real Prometheus that scrapes nobody and takes what is sent to it. `web` is its web configuration, `more` are flags. */
export const realPrometheus = async ({ program }: Installed, { web = {}, more = [] }: { web?: object; more?: readonly string[] } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-remote-write-'));
  const port = await freePort();
  const [file, webFile] = [join(folder, 'prometheus.json'), join(folder, 'web.json')];
  // JSON is YAML.
  writeFileSync(file, '{}');
  writeFileSync(webFile, JSON.stringify(web));
  const flags = ['--web.enable-remote-write-receiver', `--config.file=${file}`, `--web.config.file=${webFile}`];
  const places = [`--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
  const running = spawn(program!, [...flags, ...places, ...more], { stdio: 'ignore' });
  const ended = once(running, 'exit');
  const base = `http://127.0.0.1:${port}`;
  await vi.waitFor(
    async () => {
      const { status } = await fetch(`${base}/-/ready`);
      if (status !== 200 && status !== 401) throw new Error(`answers ${status}`);
    },
    { timeout: 60_000, interval: 200 },
  );
  return {
    endpoint: `${base}/api/v1/write`,
    /** What an instant query finds at a time, milliseconds. */
    async query(text: string, timeMs: number): Promise<readonly Sample[]> {
      const answer = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(text)}&time=${timeMs / 1000}`);
      const { data, error } = (await answer.json()) as {
        error?: string;
        data?: { result: { metric: Record<string, string>; value?: [number, string] }[] };
      };
      if (data === undefined) throw new Error(error);
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value?.[1]) }));
    },
    async stop(): Promise<void> {
      running.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};
