import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
const built = existsSync(cache) ? readdirSync(cache).find((name) => name.startsWith('collector-')) : undefined;

/** Why there is no real Collector here; undefined when there is one. */
export const noCollector =
  built === undefined ? 'the OpenTelemetry Collector is not built here: `npm run collector` builds it or says why not' : undefined;

export interface RealCollector {
  readonly grpcPort: number;
  readonly httpPort: number;
  /** What its file exporter has written of a signal, a message a line. */
  written(signal: 'metrics' | 'traces' | 'logs'): readonly object[];
  close(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** A Collector that writes what it receives by OTLP into files. Rejects with what it says when it does not start. */
export const startCollector = async (): Promise<RealCollector> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-collector-'));
  const [grpcPort, httpPort] = [await freePort(), await freePort()];
  const file = (signal: string): string => join(folder, `${signal}.json`);
  const signals = ['metrics', 'traces', 'logs'];
  const config = {
    receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpcPort}` }, http: { endpoint: `127.0.0.1:${httpPort}` } } } },
    exporters: Object.fromEntries(signals.map((signal) => [`file/${signal}`, { path: file(signal), flush_interval: '100ms' }])),
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: Object.fromEntries(signals.map((signal) => [signal, { receivers: ['otlp'], exporters: [`file/${signal}`] }])),
    },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'collector.yaml'), JSON.stringify(config));
  const child = spawn(join(cache, built!, 'collector'), ['--config', `file:${join(folder, 'collector.yaml')}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    if (line.includes('Everything is ready')) {
      child.stderr.resume();
      return {
        grpcPort,
        httpPort,
        written: (signal) =>
          readFileSync(file(signal), 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as object),
        close,
      };
    }
  }
  await close();
  throw new Error(`the Collector ended:\n${said.join('\n')}`);
};
