import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineExporter } from './component.ts';
import { componentSchema, parseComponent } from './component-config.ts';
import { withDefaults } from './config-defaults.ts';
import { inputSchema } from './config-schema.ts';
import { sendingConfig } from './sending-config.ts';
import { undescribedFields, unsetFields } from './testing/config-fields.ts';

const create = (): any => ({});
const own = z.strictObject({ endpoint: z.string().default('a').describe('Where to.') });
const common = { type: 'out', description: '', config: own, signals: { logs: { stability: 'alpha', create } } } as const;
const remote = defineExporter({ ...common, remote: true });
const local = defineExporter(common);

const everything = {
  timeout: '2s',
  sending_queue: { queue_size: 5, num_consumers: 2, batch: { max_size: 7 }, storage: '/var/lib/nfscope', storage_limit_mib: 1 },
  retry_on_failure: { initial_interval: '1s', max_interval: '1m', multiplier: 2, randomization_factor: 0 },
};

describe('the keys of the queue', () => {
  test('are described, and all set here', () => {
    expect(undescribedFields(inputSchema(sendingConfig))).toEqual([]);
    expect(unsetFields(inputSchema(sendingConfig), [everything])).toEqual([]);
  });

  test('stand beside those of an exporter that sends, which does not see them', () => {
    const { config, sending, issues } = parseComponent(remote, { endpoint: 'b', ...everything });
    expect(config).toEqual({ endpoint: 'b' });
    expect(issues).toEqual([]);
    expect(sending).toEqual({
      timeout: 2_000,
      sending_queue: everything.sending_queue,
      retry_on_failure: { ...everything.retry_on_failure, initial_interval: 1_000, max_interval: 60_000 },
    });
    expect(Object.keys(componentSchema(remote).properties!)).toEqual(['endpoint', 'timeout', 'sending_queue', 'retry_on_failure']);
  });

  test.each([[undefined], [null], [{}]])('have defaults: %j', (raw) => {
    const { config, sending, issues } = parseComponent(remote, raw);
    expect([config, sending, issues]).toEqual([{ endpoint: 'a' }, sendingConfig.parse({}), []]);
    expect(parseComponent(remote, withDefaults(componentSchema(remote), raw))).toEqual({ config, sending, issues });
  });

  test.each<[name: string, raw: unknown, message: string, mend: string | undefined]>([
    ['one misspelt', { timeot: '1s' }, 'exporters::out: unknown key "timeot"', 'Did you mean "timeout"?'],
    ['an own one misspelt', { endpiont: 'a' }, 'exporters::out: unknown key "endpiont"', 'Did you mean "endpoint"?'],
    [
      'one misspelt below',
      { sending_queue: { queue_sise: 1 } },
      'exporters::out::sending_queue: unknown key "queue_sise"',
      'Did you mean "queue_size"?',
    ],
    [
      'a limit of time, which there is none',
      { retry_on_failure: { max_elapsed_time: '300s' } },
      'exporters::out::retry_on_failure: unknown key "max_elapsed_time"',
      'Allowed here: initial_interval, max_interval, multiplier, randomization_factor.',
    ],
    [
      'the longest wait is the shortest',
      { retry_on_failure: { initial_interval: '1m' } },
      'exporters::out::retry_on_failure::max_interval: expected no less than initial_interval',
      undefined,
    ],
    [
      'no room',
      { sending_queue: { queue_size: 0 } },
      'exporters::out::sending_queue::queue_size: too small: expected number to be >=1',
      undefined,
    ],
    ['no folder', { sending_queue: { storage: '' } }, 'exporters::out::sending_queue::storage: expected a path', undefined],
    ['no map', ['a'], 'exporters::out: expected map, received list', undefined],
  ])('%s', (_, raw, message, mend) => {
    const { issues } = parseComponent(remote, raw, ['exporters', 'out']);
    expect(issues.map((issue) => [issue.message, issue.mend])).toEqual([[message, mend]]);
  });

  test('are unknown to one that does not send', () => {
    const { issues, sending } = parseComponent(local, { sending_queue: {} });
    expect([issues.map(({ message, mend }) => [message, mend]), sending]).toEqual([
      [['unknown key "sending_queue"', 'Allowed here: endpoint.']],
      undefined,
    ]);
  });
});
