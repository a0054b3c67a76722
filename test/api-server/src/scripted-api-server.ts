import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there are no certificates here; undefined when there can be. */
export const noOpenssl = ((): string | undefined => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the openssl command is not installed';
  }
})();

/** Folder with a key and a certificate for 127.0.0.1 that is its own CA, and a token. */
export const makeServiceAccount = (token = 'first'): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-k8s-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'ca.crt')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=kubernetes', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  writeFileSync(join(folder, 'token'), `${token}\n`);
  return folder;
};

interface ApiObject {
  readonly metadata: { readonly uid: string; readonly namespace?: string; readonly name: string; resourceVersion?: string };
  readonly spec?: { readonly nodeName?: string };
}

export interface PodObject extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly namespace: string };
  readonly spec: { readonly nodeName: string };
  readonly status?: object;
}

const PODS = '/api/v1/pods';

export interface SeenRequest {
  readonly kind: 'list' | 'watch';
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly atMs: number;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
interface Kept {
  readonly path: string;
  readonly object: ApiObject;
}
interface Change extends Kept {
  readonly version: number;
  readonly line: string;
}
/** Whether it is asked for by the path and the selector of a request. */
type Wanted = (kept: Kept) => boolean;

/** An API server that keeps objects, lists them in pages and has them watched, over TLS, and misbehaves when the test says so. */
export class ScriptedApiServer {
  readonly serviceAccountPath: string;
  /** What is accepted as a token. */
  token = 'first';
  /** Paths that the token has no right to. */
  readonly forbidden = new Set<string>();
  readonly requests: SeenRequest[] = [];
  #server;
  #version = 100;
  #compacted = 0;
  #objects = new Map<string, Kept>();
  #changes: Change[] = [];
  #watches = new Map<ServerResponse, Wanted>();
  #answers: Record<SeenRequest['kind'], Answer[]> = { list: [], watch: [] };
  #waiting: (() => void)[] = [];
  /** TCP sockets below TLS, by the port of the peer. */
  #connections = new Map<number, Socket>();

  constructor(serviceAccountPath: string) {
    this.serviceAccountPath = serviceAccountPath;
    this.#server = createServer(
      { key: readFileSync(join(serviceAccountPath, 'key.pem')), cert: readFileSync(join(serviceAccountPath, 'ca.crt')) },
      (request, response) => this.#serve(request, response),
    );
    this.#server.on('connection', (socket: Socket) => this.#connections.set(socket.remotePort!, socket));
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** One-time answer to the next request of a kind. */
  answer(kind: SeenRequest['kind'], answer: Answer): void {
    this.#answers[kind].push(answer);
  }

  /** Resolves when there were `count` requests of a kind, with all of them. */
  async seen(kind: SeenRequest['kind'], count: number): Promise<SeenRequest[]> {
    for (;;) {
      const found = this.requests.filter((request) => request.kind === kind);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  set(object: ApiObject, path = PODS): void {
    const { uid } = object.metadata;
    this.#objects.set(uid, this.#change(this.#objects.has(uid) ? 'MODIFIED' : 'ADDED', { path, object }));
  }

  delete(uid: string): void {
    this.#change('DELETED', this.#objects.get(uid)!);
    this.#objects.delete(uid);
  }

  /** What a list would have now. */
  uids(): string[] {
    return [...this.#objects.keys()];
  }

  /** Forgets what changed so far, as etcd does after five minutes. */
  compact(): void {
    this.#compacted = ++this.#version;
  }

  /** Sends a line to every open watch. */
  tell(line: object): void {
    for (const response of this.#watches.keys()) response.write(`${JSON.stringify(line)}\n`);
  }

  bookmark(): string {
    const resourceVersion = String(++this.#version);
    this.tell({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion } } });
    return resourceVersion;
  }

  #change(type: string, { path, object }: Kept): Kept {
    const version = ++this.#version;
    const kept = { path, object: { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } } };
    const change = { ...kept, version, line: `${JSON.stringify({ type, object: kept.object })}\n` };
    this.#changes.push(change);
    for (const [response, wanted] of this.#watches) if (wanted(change)) response.write(change.line);
    return kept;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, 'https://127.0.0.1');
    const kind = url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    this.requests.push({ kind, path: url.pathname, query: url.searchParams, token, atMs: performance.now() });
    this.#waiting.splice(0).forEach((resolve) => resolve());
    const wanted = wantedBy(url);
    const scripted = this.#answers[kind].shift();
    if (scripted) scripted(response, request);
    else if (wanted === undefined) refuse(response, 404, 'not found');
    else if (token !== this.token) refuse(response, 401, 'Unauthorized');
    else if (this.forbidden.has(url.pathname)) refuse(response, 403, 'forbidden');
    else if (kind === 'watch') this.#watch(response, url.searchParams, wanted);
    else this.#list(response, url.searchParams, wanted);
  }

  #list(response: ServerResponse, query: URLSearchParams, wanted: Wanted): void {
    const [asOf, start] = (query.get('continue') ?? `${this.#version}:0`).split(':').map(Number) as [number, number];
    if (asOf < this.#compacted) return refuse(response, 410, 'The provided continue parameter is too old');
    const all = [...this.#objects.values()].filter(wanted).map(({ object }) => object);
    const end = start + Number(query.get('limit') ?? all.length);
    const metadata = { resourceVersion: String(asOf), ...(end < all.length ? { continue: `${asOf}:${end}` } : {}) };
    // Go writes an empty list without items as null.
    response.end(JSON.stringify({ kind: 'List', metadata, items: all.length === 0 ? null : all.slice(start, end) }));
  }

  #watch(response: ServerResponse, query: URLSearchParams, wanted: Wanted): void {
    const since = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (since < this.#compacted) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: `too old resource version: ${since}` };
      return void response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    }
    for (const change of this.#changes) if (change.version > since && wanted(change)) response.write(change.line);
    this.#watches.set(response, wanted);
    const timeout = setTimeout(() => response.end(), Number(query.get('timeoutSeconds')) * 1000);
    response.on('close', () => {
      clearTimeout(timeout);
      this.#watches.delete(response);
      this.#waiting.splice(0).forEach((resolve) => resolve());
    });
  }

  /** Resolves when no watch is open. */
  async quiet(): Promise<void> {
    while (this.#watches.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when a watch is open. */
  async watched(): Promise<void> {
    while (this.#watches.size === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Breaks every open watch without an end. */
  reset(): void {
    for (const response of this.#watches.keys()) this.#connections.get(response.socket!.remotePort!)?.resetAndDestroy();
  }
}

/** Undefined for what is not there: no resource of this server, and no pods but those of a node. */
const wantedBy = ({ pathname, searchParams }: URL): Wanted | undefined => {
  const [field, value] = (searchParams.get('fieldSelector') ?? '').split('=');
  if (!pathname.startsWith('/api/v1/') || (pathname === PODS && field !== 'spec.nodeName')) return undefined;
  return ({ path, object }) => {
    if (path !== pathname) return false;
    if (field === 'spec.nodeName') return object.spec?.nodeName === value;
    return field !== 'metadata.name' || object.metadata.name === value;
  };
};

/** An answer with a v1.Status. */
export const refuse = (response: ServerResponse, code: number, message: string, headers: Record<string, string> = {}): void => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }));
};
