import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NfscopeError } from '@nfscope/pipeline';
import { makeServiceAccount, noOpenssl, ScriptedApiServer } from '@nfscope/test-api-server';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { apiServer } from './api-server.ts';
import { kubeconfigAccess } from './kubeconfig.ts';

const account = noOpenssl === undefined ? makeServiceAccount() : '';
const servers: ScriptedApiServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
/** A server with that account; it is gone after the test. */
const listening = async (): Promise<{ server: ScriptedApiServer; port: number }> => {
  const server = new ScriptedApiServer(account);
  servers.push(server);
  return { server, port: await server.listen() };
};

const folder = mkdtempSync(join(tmpdir(), 'nfscope-kubeconfig-'));
const file = join(folder, 'config');
const before = { ...process.env };
// Seconds, on a busy machine: it is large.
beforeAll(() => import('@kubernetes/client-node'), 60_000);
afterEach(() => {
  process.env['KUBECONFIG'] = before['KUBECONFIG'];
  if (before['KUBECONFIG'] === undefined) delete process.env['KUBECONFIG'];
});

interface Parts {
  readonly port?: number;
  readonly server?: string;
  readonly cluster?: object;
  readonly user?: object;
  readonly current?: string;
}

/** A kubeconfig as `kubectl config view --raw -o json` prints one; YAML has JSON in it. */
const write = (
  { port = 1, server = `https://127.0.0.1:${port}`, cluster, user = { token: 'first' }, current = 'here' }: Parts,
  path = file,
) => {
  const authority = account && { 'certificate-authority-data': readFileSync(join(account, 'ca.crt')).toString('base64') };
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': current,
      clusters: [{ name: 'lab', cluster: { server, ...authority, ...cluster } }],
      users: [
        { name: 'somebody', user },
        { name: 'nobody', user: { token: 'wrong' } },
      ],
      contexts: [
        { name: 'here', context: { cluster: 'lab', user: 'somebody' } },
        { name: 'there', context: { cluster: 'lab', user: 'nobody' } },
        { name: 'lost', context: { cluster: 'gone', user: 'somebody' } },
      ],
    }),
  );
};

const patience = { headersMs: 5000, silenceMs: 5000 };
/** 200, or the status of the refusal. */
const asked = async (settings: { path?: string; context?: string } = {}) => {
  const access = await kubeconfigAccess({ path: file, context: '', ...settings }, 'k8s_attributes');
  return async (): Promise<number> => {
    try {
      const answer = await apiServer(access, 'test')('/api/v1/nodes', patience, new AbortController().signal);
      for await (const piece of answer) JSON.parse(piece);
      return 200;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
};

describe.skipIf(noOpenssl !== undefined)(`who asks${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, () => {
  test.each<[string, () => object, string]>([
    ['a token', () => ({ token: 'first' }), ''],
    [
      'a plugin',
      () => {
        const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'first' } };
        const text = JSON.stringify(credential);
        return { exec: { apiVersion: credential.apiVersion, command: 'printf', args: ['%s', text], interactiveMode: 'Never' } };
      },
      '',
    ],
    ['the current context of several', () => ({ token: 'first' }), 'here'],
  ])('%s', async (_, user, context) => {
    const { port } = await listening();
    write({ port, user: user() });
    const ask = await asked({ context });
    expect(await ask()).toBe(200);
  });

  test('another context', async () => {
    const { port } = await listening();
    write({ port });
    expect(await (await asked({ context: 'there' }))()).toBe(401);
  });

  test('a file that changes is read again', async () => {
    const { port, server } = await listening();
    write({ port });
    const ask = await asked();
    expect(await ask()).toBe(200);
    server.token = 'second';
    expect(await ask()).toBe(401);
    write({ port, user: { token: 'second' } });
    expect(await ask()).toBe(200);
  });

  test('a plugin runs again when what it got has expired, and not before', async () => {
    const { port } = await listening();
    const [runs, program] = [join(folder, 'runs'), join(folder, 'plugin')];
    const expiring = (expires: string) => {
      const status = { token: 'first', expirationTimestamp: expires };
      const text = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });
      writeFileSync(program, `#!/bin/sh\necho run >>'${runs}'\nprintf '%s' '${text}'\n`, { mode: 0o755 });
    };
    write({ port, user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: program, interactiveMode: 'Never' } } });
    expiring('2000-01-01T00:00:00Z');
    const ask = await asked();
    expect([await ask(), await ask()]).toEqual([200, 200]);
    expiring('2999-01-01T00:00:00Z');
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 200]);
    expect(readFileSync(runs, 'utf8')).toBe('run\n'.repeat(3));
  });

  test('below a path, as behind a proxy', async () => {
    const { server, port } = await listening();
    write({ port, server: `https://127.0.0.1:${port}/clusters/one/` });
    expect(await (await asked())()).toBe(404);
    expect(server.requests.map(({ path }) => path)).toEqual(['/clusters/one/api/v1/nodes']);
  });

  test('several files of KUBECONFIG are one', async () => {
    const { port } = await listening();
    const second = join(folder, 'second');
    writeFileSync(second, JSON.stringify({ apiVersion: 'v1', kind: 'Config', users: [], clusters: [], contexts: [] }));
    write({ port });
    process.env['KUBECONFIG'] = `${file}:${second}`;
    expect(await (await asked({ path: '' }))()).toBe(200);
  });

  test('a certificate of another authority is not believed', async () => {
    const { server, port } = await listening();
    write({ port, cluster: { 'certificate-authority-data': undefined } });
    expect(await (await asked())()).toBeUndefined();
    expect(server.requests).toEqual([]);
  });
});

describe('what a person did wrong', () => {
  const failing = async (settings: { path?: string; context?: string } = {}): Promise<NfscopeError> => {
    const error: unknown = await kubeconfigAccess({ path: file, context: '', ...settings }, 'k8s_attributes').catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(NfscopeError);
    return error as NfscopeError;
  };

  test.each<[string, Parts, { path?: string; context?: string }, string, RegExp]>([
    ['no file', {}, { path: join(folder, 'missing') }, 'NFS-401', /cannot read the kubeconfig/],
    ['a folder', {}, { path: folder }, 'NFS-401', /cannot read the kubeconfig/],
    ['a context that is not there', {}, { context: 'prod' }, 'NFS-104', /no context "prod"/],
    ['a context without its cluster', {}, { context: 'lost' }, 'NFS-104', /no context "lost"/],
    ['no current context', { current: '' }, {}, 'NFS-104', /no context ""/],
    ['a cluster without TLS', { server: 'http://127.0.0.1:8080' }, {}, 'NFS-104', /"http:\/\/127.0.0.1:8080", which is not https/],
    ['a cluster at no address', { server: 'lab' }, {}, 'NFS-104', /"lab", which is not https/],
  ])('%s', async (_, parts, settings, code, message) => {
    write(parts);
    const error = await failing(settings);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each(['', '- a\n- b\n', '{', '\0', 'clusters: 1\n'])('a file with %j', async (text) => {
    writeFileSync(file, text);
    expect((await failing()).code).toMatch(/^NFS-(401|104)$/);
  });
});

const bundled = new URL('../../agent/dist/bundle/client-node.mjs', import.meta.url);
test.skipIf(!existsSync(bundled))('the bundle has what reads one (skipped: no bundle)', () => {
  write({ user: { token: 'of the bundle' } });
  const program = `const { KubeConfig } = await import(process.argv[1]);
    const config = new KubeConfig();
    config.loadFromFile(process.argv[2]);
    const options = { headers: {} };
    await config.applyToHTTPSOptions(options);
    process.stdout.write(options.headers.Authorization);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program, bundled.href, file], { encoding: 'utf8' });
  expect(said).toBe('Bearer of the bundle');
});
