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

export interface PodObject {
  readonly metadata: { readonly uid: string; readonly namespace: string; readonly name: string; resourceVersion?: string };
  readonly spec: { readonly nodeName: string };
  readonly status?: object;
}

export interface SeenRequest {
  readonly kind: 'list' | 'watch';
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly atMs: number;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
interface Change {
  readonly version: number;
  readonly line: string;
  readonly node: string;
}

/** An API server that keeps pods, lists them in pages and has them watched, over TLS, and misbehaves when the test says so. */
export class ScriptedApiServer {
  readonly serviceAccountPath: string;
  /** What is accepted as a token. */
  token = 'first';
  readonly requests: SeenRequest[] = [];
  #server;
  #version = 100;
  #compacted = 0;
  #pods = new Map<string, PodObject>();
  #changes: Change[] = [];
  #watches = new Map<ServerResponse, string>();
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

  set(pod: PodObject): void {
    const type = this.#pods.has(pod.metadata.uid) ? 'MODIFIED' : 'ADDED';
    this.#pods.set(pod.metadata.uid, this.#change(type, pod));
  }

  delete(uid: string): void {
    this.#change('DELETED', this.#pods.get(uid)!);
    this.#pods.delete(uid);
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

  #change(type: string, pod: PodObject): PodObject {
    const version = ++this.#version;
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
    const change = { version, node: pod.spec.nodeName, line: `${JSON.stringify({ type, object })}\n` };
    this.#changes.push(change);
    for (const [response, node] of this.#watches) if (node === change.node) response.write(change.line);
    return object;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, 'https://127.0.0.1');
    const kind = url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    this.requests.push({ kind, query: url.searchParams, token, atMs: performance.now() });
    this.#waiting.splice(0).forEach((resolve) => resolve());
    const node = /^spec\.nodeName=(.+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
    const scripted = this.#answers[kind].shift();
    if (scripted) scripted(response, request);
    else if (url.pathname !== '/api/v1/pods' || node === undefined) refuse(response, 404, 'not found');
    else if (token !== this.token) refuse(response, 401, 'Unauthorized');
    else if (kind === 'watch') this.#watch(response, url.searchParams, node);
    else this.#list(response, url.searchParams, node);
  }

  #list(response: ServerResponse, query: URLSearchParams, node: string): void {
    const [asOf, start] = (query.get('continue') ?? `${this.#version}:0`).split(':').map(Number) as [number, number];
    if (asOf < this.#compacted) return refuse(response, 410, 'The provided continue parameter is too old');
    const all = [...this.#pods.values()].filter((pod) => pod.spec.nodeName === node);
    const end = start + Number(query.get('limit') ?? all.length);
    const metadata = { resourceVersion: String(asOf), ...(end < all.length ? { continue: `${asOf}:${end}` } : {}) };
    // Go writes an empty list without items as null.
    response.end(JSON.stringify({ kind: 'PodList', metadata, items: all.length === 0 ? null : all.slice(start, end) }));
  }

  #watch(response: ServerResponse, query: URLSearchParams, node: string): void {
    const since = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (since < this.#compacted) {
      const object = { kind: 'Status', code: 410, reason: 'Expired', message: `too old resource version: ${since}` };
      return void response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    }
    for (const change of this.#changes) if (change.version > since && change.node === node) response.write(change.line);
    this.#watches.set(response, node);
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

/** An answer with a v1.Status. */
export const refuse = (response: ServerResponse, code: number, message: string, headers: Record<string, string> = {}): void => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }));
};
