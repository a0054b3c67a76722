import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ComponentContext, Lifecycle } from './component.ts';
import { splitEndpoint } from './endpoint.ts';
import { NfscopeError } from './errors.ts';

/** Takes requests between start and shutdown. Its start throws NFS-301 when it cannot listen. */
export interface HttpServer extends Required<Lifecycle> {
  /** Where it listens, while it does: `http://127.0.0.1:9464`. */
  url(): string | undefined;
}

/** Those who ask a node are a few; the rest is a mistake or an attack. */
const MAX_CONNECTIONS = 64;
/** Longer than the usual scrape intervals of up to a minute, so that a scraper can keep its connection. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
/** A reader that takes nothing for this long is cut off: its page waits in memory. */
const STALLED_MS = 30_000;

// Values are written by others: a browser must not take a page for anything but what it says it is.
const SAFE = { 'x-content-type-options': 'nosniff' };

/** A server that answers GET and HEAD alone. An answer that fails is logged and costs its own connection. */
export const httpServer = (
  endpoint: string,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
  { id, log }: Pick<ComponentContext, 'id' | 'log'>,
): HttpServer => {
  let closing: Promise<void> | undefined;
  const ask = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(SAFE)) response.setHeader(name, value);
    if (request.method === 'GET' || request.method === 'HEAD') await answer(request, response);
    else sayPlain(response, 405, 'Only GET and HEAD are answered.\n', { allow: 'GET, HEAD' });
  };
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      ask(request, response).catch((error: NodeJS.ErrnoException) => {
        response.destroy();
        if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') log.error('an answer failed', { error });
      });
      // A connection that was busy when the server closed is idle only now.
      response.on('close', () => closing && setImmediate(() => server.closeIdleConnections()));
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = STALLED_MS;

  return {
    url() {
      const address = server.address() as AddressInfo | null;
      if (address === null) return undefined;
      return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    },
    async start() {
      await listen(server, endpoint, id);
      // Such as no descriptor left for a connection: that request is lost, not the process.
      server.on('error', (error) => log.error('a connection failed', { error }));
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

/** Answers with a text. */
export const sayPlain = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text);
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
