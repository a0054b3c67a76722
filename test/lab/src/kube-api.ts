import { readFileSync, watchFile } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';

/*
 * The part of the Kubernetes API that a node's agent uses: list and watch of pods by node, for a bearer token.
 * Pods come from a file with a JSON array, which is read again whenever it changes.
 */

interface PodObject {
  readonly metadata: { readonly uid: string; readonly name: string; readonly namespace: string };
  readonly spec: { readonly nodeName: string };
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly pod: PodObject;
}

interface Watcher {
  readonly node: string | undefined;
  readonly response: ServerResponse;
}

/** A real server sends one about every minute; a test should see one. */
const BOOKMARK_MS = 10_000;

const { values: options } = parseArgs({
  options: {
    cert: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    pods: { type: 'string', default: '' },
    port: { type: 'string', default: '6443' },
    token: { type: 'string', default: '' },
  },
});

let version = 1;
const pods = new Map<string, { readonly pod: PodObject; readonly version: number }>();
const changes: Change[] = [];
const watchers = new Set<Watcher>();

const isOn = (pod: PodObject, node: string | undefined): boolean => node === undefined || pod.spec.nodeName === node;

const versioned = (pod: PodObject, resourceVersion: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  ...pod,
  metadata: { ...pod.metadata, resourceVersion: String(resourceVersion) },
});

const eventLine = ({ type, version: at, pod }: Change): string => `${JSON.stringify({ type, object: versioned(pod, at) })}\n`;

function record(type: Change['type'], pod: PodObject): void {
  const change = { type, version: ++version, pod };
  changes.push(change);
  if (type === 'DELETED') pods.delete(pod.metadata.uid);
  else pods.set(pod.metadata.uid, change);
  for (const watcher of watchers) if (isOn(pod, watcher.node)) watcher.response.write(eventLine(change));
}

function readPods(): void {
  let listed: PodObject[];
  try {
    listed = JSON.parse(readFileSync(options.pods, 'utf8')) as PodObject[];
  } catch {
    // Caught half-written: the next change of the file brings the rest.
    return;
  }
  const uids = new Set(listed.map(({ metadata }) => metadata.uid));
  for (const { pod } of pods.values()) if (!uids.has(pod.metadata.uid)) record('DELETED', pod);
  for (const pod of listed) {
    const known = pods.get(pod.metadata.uid)?.pod;
    if (known === undefined) record('ADDED', pod);
    else if (JSON.stringify(known) !== JSON.stringify(pod)) record('MODIFIED', pod);
  }
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }));
}

function list(response: ServerResponse, node: string | undefined): void {
  const items = [...pods.values()].filter(({ pod }) => isOn(pod, node)).map(({ pod, version: at }) => versioned(pod, at));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: String(version) }, items }));
}

function watch(request: IncomingMessage, response: ServerResponse, node: string | undefined, query: URLSearchParams): void {
  const watcher = { node, response };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const since = Number(query.get('resourceVersion') ?? 0);
  for (const change of changes) if (change.version > since && isOn(change.pod, node)) response.write(eventLine(change));
  watchers.add(watcher);

  const bookmark = (): void => {
    const object = { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: String(version) } };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  };
  const bookmarks = query.get('allowWatchBookmarks') === 'true' ? setInterval(bookmark, BOOKMARK_MS) : undefined;
  const end = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? 300) * 1000);
  request.on('close', () => {
    watchers.delete(watcher);
    clearInterval(bookmarks);
    clearTimeout(end);
  });
}

const server = createServer({ cert: readFileSync(options.cert), key: readFileSync(options.key) }, (request, response) => {
  const url = new URL(request.url ?? '/', 'https://localhost');
  process.stdout.write(`${request.method} ${url.pathname}${url.search} by ${request.headers['user-agent'] ?? '?'}\n`);
  const token = readFileSync(options.token, 'utf8').trim();
  if (request.headers.authorization !== `Bearer ${token}`) return refuse(response, 401, 'Unauthorized', 'Unauthorized');
  if (request.method !== 'GET' || url.pathname !== '/api/v1/pods') {
    return refuse(response, 403, 'Forbidden', `this service account may get, list and watch pods, not ${request.method} ${url.pathname}`);
  }
  const selector = url.searchParams.get('fieldSelector');
  const node = selector?.match(/^spec\.nodeName=([^,]+)$/)?.[1];
  if (selector !== null && node === undefined) return refuse(response, 400, 'BadRequest', `field selector ${selector} is not supported`);
  if (url.searchParams.get('watch') === 'true') watch(request, response, node, url.searchParams);
  else list(response, node);
});

readPods();
watchFile(options.pods, { interval: 200 }, readPods);
server.listen(Number(options.port), '127.0.0.1', () => process.stdout.write('serving\n'));
