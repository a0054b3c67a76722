import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { ComponentContext, Lifecycle } from './component.ts';
import { splitEndpoint } from './endpoint.ts';
import { NfscopeError } from './errors.ts';

/** Takes requests between start and shutdown. Its start throws NFS-301 when it cannot listen. */
export interface HttpServer extends Required<Lifecycle> {
  /** Where it listens, while it does: `http://127.0.0.1:9464`. */
  url(): string | undefined;
}

/** How a server encrypts. */
export interface ServerTls {
  /** Whether clients are asked for a certificate; whether the one they show is good enough, the answer decides. */
  readonly requestCert: boolean;
  /** What the next connection is to use; the same object while nothing has changed. Must not throw. */
  readonly context: () => SecureContextOptions;
}

/** Those who ask a node are a few; the rest is a mistake or an attack. */
const MAX_CONNECTIONS = 64;
/** Longer than the usual scrape intervals of up to a minute, so that a scraper can keep its connection. */
const KEEP_ALIVE_MS = 75_000;
/** Of a request: more than any scraper sends, tokens and proxies' additions included. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
/** A reader that takes nothing for this long is cut off: its page waits in memory. */
const STALLED_MS = 30_000;

// Values are written by others: a browser must not take a page for anything but what it says it is.
const SAFE = { 'x-content-type-options': 'nosniff' };

/** A server that answers GET and HEAD alone. An answer that fails is logged and costs its own connection. Without `tls` it is plain text. */
export const httpServer = (
  endpoint: string,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
  { id, log }: Pick<ComponentContext, 'id' | 'log'>,
  tls?: ServerTls,
): HttpServer => {
  let closing: Promise<void> | undefined;
  const ask = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(SAFE)) response.setHeader(name, value);
    if (request.method === 'GET' || request.method === 'HEAD') await answer(request, response);
    else sayPlain(response, 405, 'Only GET and HEAD are answered.\n', { allow: 'GET, HEAD' });
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    ask(request, response).catch((error: NodeJS.ErrnoException) => {
      response.destroy();
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') log.error('an answer failed', { error });
    });
    // A connection that was busy when the server closed is idle only now.
    response.on('close', () => closing && setImmediate(() => server.closeIdleConnections()));
  };
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = tls === undefined ? createServer(limits, onRequest) : tlsServer(limits, onRequest, tls, log);
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = STALLED_MS;

  return {
    url() {
      const address = server.address() as AddressInfo | null;
      if (address === null) return undefined;
      return `http${tls === undefined ? '' : 's'}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
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

const tlsServer = (
  limits: object,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  tls: ServerTls,
  log: ComponentContext['log'],
): TlsServer => {
  let context = tls.context();
  // Who has no good certificate gets an answer that says so, which a broken handshake does not.
  const options = { ...limits, ...context, handshakeTimeout: HEADERS_MS, requestCert: tls.requestCert, rejectUnauthorized: false };
  const server = createTlsServer(options, onRequest);
  // Before the server's own listener, which begins the handshake.
  server.prependListener('connection', () => {
    const next = tls.context();
    if (next !== context) server.setSecureContext((context = next));
  });
  server.on('tlsClientError', ({ message }) => log.debug('a handshake failed', { reason: message }));
  return server;
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
