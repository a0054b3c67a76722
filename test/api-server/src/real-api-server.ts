import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { makeServiceAccount, type SeenRequest } from './scripted-api-server.ts';

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
const built = existsSync(cache) ? readdirSync(cache).find((name) => name.startsWith('kubernetes-')) : undefined;

/** Why there is no real API server here; undefined when there is one. */
export const noKubernetes =
  built === undefined ? 'kube-apiserver is not built here: `npm run kubernetes` builds it or says why not' : undefined;

/** An object of the API as JSON. */
// oxlint-disable-next-line no-explicit-any -- a test reads what it knows to be there
export type Json = any;

const [ADMIN, READY_MS] = ['admin-of-the-test', 90_000];
const agent = 'system:serviceaccount:nfscope:nfscope';

/** Objects of a file of deploy/kubernetes. */
export const manifest = (name: string): Json[] =>
  parseAllDocuments(readFileSync(new URL(`../../../deploy/kubernetes/${name}`, import.meta.url), 'utf8')).map((one) => one.toJS());

/** Rights that nobody has to give. */
export const optionalManifests = ['rbac-namespaces.yaml', 'rbac-nodes.yaml', 'rbac-volumes.yaml'];

/** etcd and kube-apiserver with RBAC, and the service account of the agent with a token as kubelet would ask for. */
export class RealApiServer {
  /** With ca.crt and token, as mounted into a pod. */
  readonly serviceAccountPath = makeServiceAccount();
  port = 0;
  #etcdPort = 0;
  #etcd: ChildProcess | undefined;
  #server: ChildProcess | undefined;
  #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  async listen(): Promise<void> {
    const [port, etcdPort, peerPort] = await freePorts(3);
    [this.port, this.#etcdPort] = [port!, etcdPort!];
    const [client, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${peerPort}`];
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(this.#file('sa.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(this.#file('tokens.csv'), `${ADMIN},admin,admin,system:masters\n`);
    const omitStages = ['RequestReceived', 'Panic'];
    const rules = [{ level: 'Metadata', users: [agent] }, { level: 'None' }];
    writeFileSync(this.#file('audit.json'), JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages, rules }));
    this.#etcd = this.#start('etcd', {
      'data-dir': this.#file('etcd'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
    });
    await this.start();
    await this.create('/api/v1/namespaces', { metadata: { name: 'nfscope' } });
    await this.#newAccount();
    await this.rotateToken();
  }

  /** kube-apiserver alone, as after `kill`. */
  async start(): Promise<void> {
    this.#server = this.#start('kube-apiserver', {
      'bind-address': '127.0.0.1',
      'secure-port': `${this.port}`,
      'etcd-servers': `http://127.0.0.1:${this.#etcdPort}`,
      // A new revision every five minutes would be one more thing that happens.
      'etcd-compaction-interval': '0',
      'endpoint-reconciler-type': 'none',
      'tls-cert-file': this.#file('ca.crt'),
      'tls-private-key-file': this.#file('key.pem'),
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-signing-key-file': this.#file('sa.pem'),
      'service-account-key-file': this.#file('sa.pem'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'authorization-mode': 'RBAC',
      // Pods of the test have no service account.
      'disable-admission-plugins': 'ServiceAccount',
      'token-auth-file': this.#file('tokens.csv'),
      'audit-policy-file': this.#file('audit.json'),
      'audit-log-path': this.#file('audit.log'),
    });
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const { status } = await this.ask('GET', '/readyz').catch(() => ({ status: 0 }));
      if (status === 200) return;
      if (this.#server.exitCode !== null || performance.now() > deadline) {
        throw new Error(`kube-apiserver is not ready: ${readFileSync(this.#file('kube-apiserver.log'), 'utf8').slice(-2000)}`);
      }
      await pause(100);
    }
  }

  /** At once, as by an OOM kill: connections are reset. */
  async kill(): Promise<void> {
    await ended(this.#server);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await Promise.all([ended(this.#server), ended(this.#etcd)]);
    rmSync(this.serviceAccountPath, { recursive: true, force: true });
  }

  /** As an administrator, or with another token. */
  async ask(method: string, path: string, body?: object, token = ADMIN): Promise<{ status: number; body: Json }> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const outgoing = request({
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      agent: this.#agent,
      ca: readFileSync(this.#file('ca.crt')),
      // Node gives the body of a DELETE no length by itself.
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    });
    outgoing.end(text);
    const [response] = await once(outgoing, 'response');
    let answer = '';
    for await (const piece of response) answer += piece;
    return { status: response.statusCode, body: answer.startsWith('{') ? JSON.parse(answer) : answer };
  }

  async create(path: string, object: object): Promise<Json> {
    return this.#fine(await this.ask('POST', path, object));
  }

  async change(path: string, object: object): Promise<Json> {
    return this.#fine(await this.ask('PUT', path, object));
  }

  async delete(path: string): Promise<void> {
    this.#fine(await this.ask('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 }));
  }

  /** A manifest of deploy/kubernetes with rights, as `kubectl apply` would. */
  async apply(name: string): Promise<void> {
    for (const one of manifest(name)) {
      if (one.kind !== 'ServiceAccount') await this.create(`/apis/rbac.authorization.k8s.io/v1/${one.kind.toLowerCase()}s`, one);
    }
  }

  /** The account of the agent anew, so that its tokens are worth nothing. The pod's token is still the old one. */
  async renewAccount(): Promise<void> {
    await this.delete(`${accounts}/nfscope`);
    await this.#newAccount();
  }

  /** A token for the pod, as kubelet asks for one. */
  async rotateToken(): Promise<void> {
    const { status } = await this.create(`${accounts}/nfscope/token`, { spec: { expirationSeconds: 3600 } });
    writeFileSync(this.#file('token'), status.token);
  }

  token(): string {
    return readFileSync(this.#file('token'), 'utf8');
  }

  /** Has etcd forget all but the newest revision, as it does after five minutes. */
  async compact(): Promise<void> {
    const { header } = await this.etcd('kv/range', { key: encode('/') });
    await this.etcd('kv/compaction', { revision: header.revision, physical: true });
  }

  /** Past the API server, as if it had happened while that was down. */
  async etcdDelete(key: string): Promise<void> {
    const { deleted } = await this.etcd('kv/deleterange', { key: encode(key) });
    if (deleted !== '1') throw new Error(`etcd has no ${key}`);
  }

  async etcd(path: string, body: object): Promise<Json> {
    const outgoing = httpRequest({ host: '127.0.0.1', port: this.#etcdPort, method: 'POST', path: `/v3/${path}` });
    outgoing.end(JSON.stringify(body));
    const [response] = await once(outgoing, 'response');
    let text = '';
    for await (const piece of response) text += piece;
    return JSON.parse(text);
  }

  /** What the agent asked for, by the audit log. */
  requests(): SeenRequest[] {
    const lines = existsSync(this.#file('audit.log')) ? readFileSync(this.#file('audit.log'), 'utf8').trim().split('\n') : [];
    const byId = new Map<string, SeenRequest>();
    for (const line of lines) {
      if (line === '') continue;
      const { auditID, verb, requestURI, requestReceivedTimestamp } = JSON.parse(line);
      // A watch is there twice, begun and ended.
      if (verb !== 'list' && verb !== 'watch') continue;
      const { pathname, searchParams } = new URL(requestURI, 'https://127.0.0.1');
      byId.set(auditID, { kind: verb, path: pathname, query: searchParams, token: undefined, atMs: Date.parse(requestReceivedTimestamp) });
    }
    return [...byId.values()].toSorted((one, other) => one.atMs - other.atMs);
  }

  async #newAccount(): Promise<void> {
    await this.create(accounts, { metadata: { name: 'nfscope' } });
  }

  #fine({ status, body }: { status: number; body: Json }): Json {
    if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return body;
  }

  #file(name: string): string {
    return join(this.serviceAccountPath, name);
  }

  #start(program: string, flags: Readonly<Record<string, string>>): ChildProcess {
    mkdirSync(this.serviceAccountPath, { recursive: true });
    const log = openSync(this.#file(`${program}.log`), 'a');
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    // It does not outlive the test, whatever ends that.
    return spawn('setpriv', ['--pdeathsig', 'KILL', join(cache, built!, program), ...words], { stdio: ['ignore', log, log] });
  }
}

const accounts = '/api/v1/namespaces/nfscope/serviceaccounts';

const encode = (key: string): string => Buffer.from(key).toString('base64');

const ended = async (child: ChildProcess | undefined): Promise<void> => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
};

const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
};
