import { otlpGrpcExporterFactory } from '@nfscope/exporter-otlp';
import { parseComponent } from '@nfscope/pipeline';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { components } from './components.ts';
import { loadConfiguration } from './configuration.ts';
import { printedConfig } from './printed-config.ts';

const printed = async (set: readonly string[], env = {}, config: readonly string[] = []): Promise<string> =>
  printedConfig((await loadConfiguration({ config, set }, components, env)).value, components);

/** A configuration that exports by OTLP, with these keys. */
const otlp = (keys: object): string =>
  `yaml:${JSON.stringify({
    receivers: { nfs: null },
    connectors: { metrics: null },
    exporters: { otlp_grpc: keys },
    service: {
      pipelines: { nfs: { receivers: ['nfs'], exporters: ['metrics'] }, metrics: { receivers: ['metrics'], exporters: ['otlp_grpc'] } },
    },
  })}`;

describe('means the same when it is read again', () => {
  test.each<[name: string, set: readonly string[], env?: Record<string, string>]>([
    ['the built-in configuration', []],
    ['changed', ['exporters::prometheus::endpoint=:1', 'receivers::nfs={slow_threshold: 5s, vfs: false}']],
    ['with the text of an expression', ['receivers::nfs::btf=$${env:A}', 'exporters::prometheus::path=/a$$$$b$c'], { A: 'no' }],
    ['with an expression', ['receivers::nfs::btf=${env:A}'], { A: '${env:B} $$ $' }],
    ['with text that looks like a number', ['receivers::nfs::btf="5"']],
    ['with rules in a list', ["processors::k8s_attributes::extract::labels=[{key_regex: '^a$$'}]"]],
  ])('%s', async (_, set, env = {}) => {
    const before = await loadConfiguration({ set }, components, env);
    const after = await loadConfiguration({ config: [`yaml:${printedConfig(before.value, components)}`] }, components, {});
    expect(after.plan).toEqual(before.plan);
    expect(printedConfig(after.value, components)).toBe(printedConfig(before.value, components));
  });
});

test('defaults are written as a user would', async () => {
  const { connectors } = parse(await printed([])) as { connectors: object };
  expect(connectors).toEqual({
    metrics: {
      interval: '1s',
      grace: '10s',
      charge: false,
      max_series: 10_000,
      metrics_expiration: '5m',
      exemplars: true,
      share_window: '1m',
      mount_health: { slow: '100ms', stuck: '10s', window: '1m' },
    },
  });
});

describe('secrets', () => {
  test.each<[name: string, headers: object, env?: Record<string, string>]>([
    ['as written', { authorization: 'Bearer hunter2' }],
    ['from the environment', { authorization: 'Bearer ${env:TOKEN}' }, { TOKEN: 'hunter2' }],
    ['of any name', { 'x-tenant': 'hunter2', 'x-key': 'hunter2' }],
  ])('%s', async (_, headers, env) => {
    const text = await printed([], env, [otlp({ headers })]);
    expect(text).not.toContain('hunter2');
    const { exporters } = parse(text) as { exporters: { otlp_grpc: { headers: object } } };
    expect(exporters.otlp_grpc.headers).toEqual(Object.fromEntries(Object.keys(headers).map((key) => [key, '[REDACTED]'])));
    expect(parseComponent(otlpGrpcExporterFactory, exporters.otlp_grpc).issues).toEqual([]);
  });
});

test('what is wrong is not printed', async () => {
  await expect(printed(['exporters::prometheus::path=metrics'])).rejects.toThrow('--set exporters::prometheus::path');
});
