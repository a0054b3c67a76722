import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { NfscopeError, type ComponentContext, type Lifecycle } from '@nfscope/pipeline';
import { splitEndpoint, type Config } from './config.ts';

/** The page of this moment, plain or as gzip. */
export type Body = (gzip: boolean) => AsyncIterable<Uint8Array>;

export interface ScrapeServer extends Required<Lifecycle> {
  /** Where the metrics are, once started: `http://127.0.0.1:9464/metrics`. */
  url(): string | undefined;
}

/** Scrapers of a node are a few; the rest is a mistake or an attack. */
const MAX_CONNECTIONS = 64;
/** Longer than the usual scrape intervals of up to a minute, so that a scraper can keep its connection. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
/** A reader that takes nothing for this long is cut off: its page waits in memory. */
const STALLED_MS = 30_000;

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
// Values are written by others: a browser must not take the page for anything but text.
const SAFE = { 'x-content-type-options': 'nosniff' };

export const scrapeServer = ({ endpoint, path }: Config, body: Body, { id, log }: ComponentContext): ScrapeServer => {
  let closing: Promise<void> | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.split('?', 1)[0] !== path) return refuse(response, 404, `There is nothing here. The metrics are at ${path}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'Only GET and HEAD are answered.\n', { allow: 'GET, HEAD' });
    }
    const gzip = acceptsGzip(request.headers['accept-encoding']);
    const encoding = gzip ? { 'content-encoding': 'gzip' } : {};
    response.writeHead(200, { 'content-type': CONTENT_TYPE, vary: 'accept-encoding', ...SAFE, ...encoding });
    if (request.method === 'HEAD') return void response.end();
    await pipeline(body(gzip), response);
  };
  const server: Server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      answer(request, response).catch((error: NodeJS.ErrnoException) => {
        response.destroy();
        if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') log.error('a scrape failed', { error });
      });
      // A connection that was busy when the server closed is idle only now.
      response.on('close', () => closing && setImmediate(() => server.closeIdleConnections()));
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = STALLED_MS;

  const url = (): string | undefined => {
    const address = server.address() as AddressInfo | null;
    if (address === null) return undefined;
    return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}${path}`;
  };

  return {
    url,
    async start() {
      await listen(server, endpoint, id);
      // Such as no descriptor left for a connection: that scrape is lost, not the process.
      server.on('error', (error) => log.error('a connection failed', { error }));
      log.info('metrics are served', { url: url() });
    },
    async shutdown(deadline) {
      if (!server.listening) return closing;
      const cut = (): void => server.closeAllConnections();
      closing = new Promise((resolve) => server.close(() => resolve()));
      if (deadline.aborted) cut();
      deadline.addEventListener('abort', cut, { once: true });
      await closing;
      deadline.removeEventListener('abort', cut);
    },
  };
};

const refuse = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...SAFE, ...headers }).end(text);
};

/** A weight of 0 is a no, also to `*`. */
const acceptsGzip = (header: string | string[] | undefined): boolean => {
  const weights = new Map<string, boolean>();
  for (const part of String(header ?? '').split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    weights.set(coding, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  return weights.get('gzip') ?? weights.get('*') ?? false;
};

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this process may not listen there',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'that host name is not known',
};

const listen = (server: Server, endpoint: string, id: string): Promise<void> => {
  const { host, port } = splitEndpoint(endpoint)!;
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const reason = reasons[error.code ?? ''] ?? error.message;
      reject(new NfscopeError('NFS-301', `cannot listen on ${endpoint}: ${reason}`, id, { cause: error }));
    };
    server.once('error', failed);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', failed);
      resolve();
    });
  });
};

/** Compresses as fast as zlib can: level 1 takes a third of the time of the default and makes a page 1/29 of its size. */
export async function* gzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gzip = createGzip({ level: 1 });
  const fed = pipeline(chunks, gzip);
  // Told below, or of no interest once the reader has left.
  fed.catch(() => {});
  yield* gzip as AsyncIterable<Uint8Array>;
  await fed;
}
