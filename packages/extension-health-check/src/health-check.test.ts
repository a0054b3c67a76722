import { createServer, type AddressInfo } from 'node:net';
import type { ComponentState, HostView } from '@nfscope/pipeline';
import { context, describeComponent, emptyHost } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { factory } from './factory.ts';
import { healthCheck, type HealthCheck } from './health-check.ts';

const soon = (): AbortSignal => AbortSignal.timeout(4_000);

/** A host of two components whose states a test sets. */
const hostOf = (states: { receiver: ComponentState; exporter: ComponentState }): HostView => ({
  ...emptyHost,
  components: () => [
    { kind: 'exporter', id: 'debug', signal: 'metrics', state: states.exporter },
    { kind: 'receiver', id: 'nfs', signal: 'nfs', state: states.receiver },
  ],
});

describeComponent(factory, {
  valid: { 'the defaults': {}, 'all addresses': { endpoint: ':13133' } },
  invalid: { 'no port': [{ endpoint: 'localhost' }, 'endpoint: expected host:port, such as 127.0.0.1:13133'] },
  start: { endpoint: '127.0.0.1:0' },
  golden: {
    'ready.txt': {
      host: hostOf({ receiver: 'starting', exporter: 'running' }),
      outside: () => ({ text: async (extension) => (await fetch(`${(extension as HealthCheck).url()}/ready`)).text() }),
    },
  },
});

test('each probe, from the start to the end', async () => {
  const states: Parameters<typeof hostOf>[0] = { receiver: 'created', exporter: 'created' };
  const extension = healthCheck({ endpoint: '127.0.0.1:0' }, context(factory), hostOf(states));
  await extension.start?.();
  const seen: string[] = [];
  for (const [exporter, receiver] of [
    ['starting', 'created'],
    ['running', 'starting'],
    ['running', 'running'],
    ['stopping', 'running'],
    ['running', 'running'],
    ['running', 'failed'],
  ] as const) {
    Object.assign(states, { exporter, receiver });
    const codes: string[] = [];
    for (const path of ['/live', '/startup', '/ready', '/']) codes.push(`${path} ${(await fetch(`${extension.url()}${path}`)).status}`);
    seen.push(`${exporter}, ${receiver}: ${codes.join(' ')}`);
  }
  expect(seen).toEqual([
    'starting, created: /live 200 /startup 503 /ready 503 / 503',
    'running, starting: /live 200 /startup 503 /ready 503 / 503',
    'running, running: /live 200 /startup 200 /ready 200 / 200',
    'stopping, running: /live 200 /startup 200 /ready 503 / 503',
    'running, running: /live 200 /startup 200 /ready 200 / 200',
    'running, failed: /live 200 /startup 200 /ready 503 / 503',
  ]);
  const body = (await (await fetch(`${extension.url()}/ready`)).json()) as object;
  expect(body).toMatchObject({ status: 'Server not available', waiting: [{ kind: 'receiver', id: 'nfs', state: 'failed' }] });
  expect((await fetch(`${extension.url()}/alive`)).status).toBe(404);
  expect((await fetch(`${extension.url()}/live`, { method: 'POST' })).status).toBe(405);
  await extension.shutdown?.(soon());
});

test('an address that is taken is an error with a code', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const endpoint = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const extension = healthCheck({ endpoint }, context(factory), emptyHost);
  await expect(extension.start?.()).rejects.toMatchObject({ code: 'NFS-301', where: 'health_check' });
  await new Promise((resolve) => other.close(resolve));
});
