import { describeComponent } from '@nfscope/pipeline/testing';
import { makeServiceAccount, noOpenssl } from '@nfscope/test-api-server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { factory } from './factory.ts';
import { batchOf, mountHealth, podOf, stuck } from './testing/records.ts';
import { scriptedEvents, type ScriptedEvents } from './testing/scripted-events.ts';
import { inCluster, sendingTo, type Sending } from './testing/sending.ts';

const account = noOpenssl === undefined ? makeServiceAccount() : '';
const skipped = noOpenssl === undefined ? {} : { skipStart: noOpenssl, skipRuns: noOpenssl };
const config = { service_account_path: account || '/nowhere', node: 'node-1' };

// A test may itself run in a pod.
beforeEach(() => {
  for (const name of ['KUBE_NODE_NAME', 'NODE_NAME']) vi.stubEnv(name, undefined);
  inCluster(1);
});
afterEach(() => vi.unstubAllEnvs());

const standIn = async (): Promise<ScriptedEvents> => {
  const server = await scriptedEvents(account);
  inCluster(server.port);
  return server;
};

describeComponent(factory, {
  valid: {
    'the defaults': {},
    everything: {
      auth_type: 'kubeConfig',
      context: 'c',
      kube_config_path: '/k',
      service_account_path: '/s',
      node: 'n',
      node_from_env_var: 'MY_NODE',
      events: ['nfs.file.hot', 'nfs.operation.stuck'],
      series: '10m',
      burst: 1,
      refill: '1s',
    },
  },
  invalid: {
    'an event that nobody tells': [{ events: ['nfs.operation.stuk'] }, 'events::0'],
    'no way to ask': [{ auth_type: 'none' }, 'auth_type'],
    'no burst': [{ burst: 0 }, 'burst'],
    'no series': [{ series: '0s' }, 'series: expected at least 1000ms'],
    'no refill': [{ refill: '0s' }, 'refill: expected at least 1ms'],
  },
  start: config,
  golden: {
    'requests.txt': {
      input: () => [
        batchOf(
          [podOf('etl-7'), stuck()],
          [podOf('etl-7'), stuck(0.5, { body: 'WRITE on nas1:/data has been in flight for 10 s' })],
          [podOf('web-1', 'shop'), stuck()],
          [{}, mountHealth('stuck')],
          [podOf('etl-7'), stuck(0, { eventName: 'nfs.file.hot', severity: 'info' })],
        ),
        batchOf([podOf('etl-7'), stuck(30)], [{}, mountHealth('ok', '/data', 30)]),
      ],
      outside: async () => {
        const server = await standIn();
        return {
          text: () =>
            server.requests
              .map(({ method, path, type, body }) => `${method} ${path}\n${type}\n${JSON.stringify(body, null, 2)}\n`)
              .join('\n'),
          close: server.close,
        };
      },
    },
  },
  stalled: async () => {
    const server = await standIn();
    server.always = () => {};
    return server;
  },
  ...skipped,
});

describe.each([
  ['outside of a cluster', { KUBERNETES_SERVICE_HOST: undefined }, config, 'NFS-104', /KUBERNETES_SERVICE_HOST is not set/],
  ['a node without a name', {}, { ...config, node: '' }, 'NFS-104', /the name of this node is not known/],
  ['no service account', {}, { ...config, service_account_path: '/nowhere' }, 'NFS-401', /cannot read the service account/],
] as const)('what a person did wrong: %s', (_, env, raw, code, message) => {
  test('is told at the start', async () => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const exporter = factory.signals.logs!.create(factory.config.parse(raw), {
      id: 'k8s_events',
      version: '1',
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    await expect(exporter.start!()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe.skipIf(noOpenssl !== undefined)(`the share of a pod${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, { timeout: 60_000 }, () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  const started = async (raw: object): Promise<{ server: ScriptedEvents; sending: Sending }> => {
    const server = await scriptedEvents(account);
    const sending = await sendingTo(server.port, account, raw);
    ends.push(server.close, sending.end);
    return { server, sending };
  };
  const methods = ({ requests }: ScriptedEvents): string => requests.map(({ method }) => method).join(' ');

  test('requests end with it; what it may no longer say is said with the next one', async () => {
    const { server, sending } = await started({ burst: 3, refill: '1m' });
    for (let i = 0; i < 10; i++) await sending.push(batchOf([podOf('etl-7'), stuck(i)]));
    expect(methods(server)).toBe('POST PATCH PATCH');
    expect(server.requests.at(-1)!.body).toMatchObject({ series: { count: 3 } });
    sending.later(60_000);
    await sending.push(batchOf([podOf('etl-7'), stuck(10)]));
    expect(methods(server)).toBe('POST PATCH PATCH PATCH');
    expect(server.requests.at(-1)!.body).toEqual({ series: { count: 11, lastObservedTime: '2026-01-02T00:00:10.000000Z' } });
    expect(await sending.counts.read()).toEqual({});
  });

  test('what waits for it is said by whatever comes next', async () => {
    const { server, sending } = await started({ burst: 1, refill: '1m' });
    await sending.push(batchOf([podOf('etl-7'), stuck()], [podOf('etl-7'), mountHealth('stuck')]));
    expect(server.events.size).toBe(1);
    sending.later(60_000);
    await sending.push(batchOf([podOf('web-1'), stuck(60)]));
    expect([...server.events.values()].map(({ reason, regarding }) => `${regarding.name} ${reason}`)).toEqual([
      'etl-7 NfsOperationStuck',
      'etl-7 NfsMountHealth',
      'web-1 NfsOperationStuck',
    ]);
  });

  test('one pod does not use up the share of another', async () => {
    const { server, sending } = await started({ burst: 1 });
    for (const name of ['etl-7', 'etl-7', 'web-1']) await sending.push(batchOf([podOf(name), stuck()]));
    expect([...server.events.values()].map(({ regarding }) => regarding.name)).toEqual(['etl-7', 'web-1']);
  });

  test('what is never said is counted as dropped, to the record', async () => {
    const { server, sending } = await started({ burst: 1, series: '1m' });
    for (let i = 0; i < 5; i++) await sending.push(batchOf([podOf('etl-7'), stuck(i)]));
    // A new series, which has no share left.
    await sending.push(batchOf([podOf('etl-7'), stuck(100)]));
    expect(await sending.counts.read()).toEqual({ dropped: 4 });
    await sending.exporter.shutdown(AbortSignal.timeout(100));
    expect(await sending.counts.read()).toEqual({ dropped: 5 });
    expect(methods(server)).toBe('POST');
  });
});
