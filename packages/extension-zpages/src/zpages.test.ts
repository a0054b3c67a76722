import { defineExporter, defineReceiver, planPipelines, secret, type HostView } from '@nfscope/pipeline';
import { context, describeComponent, emptyHost, type Run } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { factory } from './factory.ts';
import { zpages, type Zpages } from './zpages.ts';

const never = (): never => {
  throw new Error('planning creates nothing');
};
const stability = 'development';
const plan = planPipelines(
  {
    receivers: { nfs: {} },
    exporters: { page: { token: 'very-secret', title: '<script>' } },
    service: { pipelines: { nfs: { receivers: ['nfs'], exporters: ['page'] } } },
  },
  [
    defineReceiver({ type: 'nfs', description: '', config: z.strictObject({}), signals: { nfs: { stability, create: never } } }),
    defineExporter({
      type: 'page',
      description: '',
      config: z.strictObject({ token: secret().default(''), title: z.string().default('') }),
      signals: { nfs: { stability, create: never } },
    }),
  ],
);
const host: HostView = {
  ...emptyHost,
  plan: () => plan,
  components: () => [
    { kind: 'exporter', id: 'page', signal: 'nfs', state: 'running' },
    { kind: 'receiver', id: 'nfs', signal: 'nfs', state: 'failed' },
  ],
  queues: () => new Map([['page (nfs)', { waiting: 5, sent: 17, dropped: 3, refused: 0, superseded: 4, retried: 2 }]]),
  urls: () => new Map([['page', 'http://127.0.0.1:9464/metrics']]),
};

describeComponent(factory, {
  valid: { 'the defaults': {}, 'all addresses': { endpoint: ':55679' } },
  invalid: { 'no port': [{ endpoint: 'localhost' }, 'endpoint: expected host:port, such as 127.0.0.1:55679'] },
  start: { endpoint: '127.0.0.1:0' },
  golden: Object.fromEntries(
    ['servicez', 'pipelinez'].map((page) => [
      `${page}.txt`,
      {
        host,
        outside: () => ({
          text: async (extension) => {
            const text = await (await fetch(`${(extension as Zpages).url()}/debug/${page}`)).text();
            return text.replace(`process ${process.pid}, Node ${process.version}`, 'process 1, Node v20.19.0');
          },
        }),
      } satisfies Run,
    ]),
  ),
});

test('what runs, how it is, what waits, and no secret', async () => {
  const extension = zpages({ endpoint: '127.0.0.1:0' }, context(factory), host);
  await extension.start?.();
  const read = async (path: string) => {
    const response = await fetch(`${extension.url()}${path}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const service = await read('/debug/servicez');
  expect(service.text).toContain('<tr><td>receiver</td><td>nfs</td><td>nfs</td><td>failed</td></tr>');
  expect(service.text).toContain('{&quot;token&quot;:&quot;[REDACTED]&quot;,&quot;title&quot;:&quot;&lt;script&gt;&quot;}');
  expect(service.text).not.toMatch(/very-secret|<script/);
  expect(service.headers.get('content-security-policy')).toContain("default-src 'none'");
  const pipelines = await read('/debug/pipelinez');
  expect(pipelines.text).toContain('<tr><td>nfs</td><td>nfs</td><td></td><td>page (http://127.0.0.1:9464/metrics)</td></tr>');
  expect(pipelines.text).toContain('<tr><td>page (nfs)</td><td>5</td><td>17</td><td>3</td><td>0</td><td>4</td><td>2</td></tr>');
  expect((await read('/debug/tracez')).status).toBe(404);
  await extension.shutdown?.(AbortSignal.timeout(4_000));
});
