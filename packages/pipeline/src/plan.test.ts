import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConnector, defineExporter, defineExtension, defineProcessor, defineReceiver, type Factory } from './component.ts';
import { ConfigError } from './config-issue.ts';
import { planPipelines } from './plan.ts';

const none = z.strictObject({});
const never = (): never => {
  throw new Error('planning creates nothing');
};
const stability = 'alpha';
const limits = z.strictObject({ rate: z.number().int().min(1).default(1), unit: z.union([z.string(), z.number()]).default('s') });
const factories: readonly Factory[] = [
  defineReceiver({ type: 'nfs', description: '', config: none, signals: { nfs: { stability, create: never } } }),
  defineProcessor({
    type: 'limit',
    description: '',
    config: z.strictObject({ limits: limits.prefault({}), keep: z.array(limits).default([]) }),
    signals: { nfs: { stability, create: never }, metrics: { stability, create: never } },
  }),
  defineConnector({ type: 'count', description: '', config: none, from: 'nfs', to: 'metrics', stability, create: never }),
  defineConnector({ type: 'again', description: '', config: none, from: 'metrics', to: 'metrics', stability, create: never }),
  defineExporter({ type: 'page', description: '', config: none, signals: { metrics: { stability, create: never } } }),
  defineExporter({
    type: 'print',
    description: '',
    config: none,
    signals: { metrics: { stability, create: never }, nfs: { stability, create: never } },
  }),
  defineExtension({ type: 'answer', description: '', config: none, stability, create: never }),
];

const good = {
  extensions: { answer: null, 'answer/late': {} },
  receivers: { nfs: null },
  processors: { limit: { limits: { rate: 2 } }, 'limit/late': {} },
  connectors: { count: {} },
  exporters: { page: {}, print: {} },
  service: {
    extensions: ['answer/late', 'answer'],
    pipelines: {
      metrics: { receivers: ['count'], processors: ['limit/late'], exporters: ['page', 'print'] },
      nfs: { receivers: ['nfs'], processors: ['limit'], exporters: ['count', 'print'] },
      'nfs/raw': { receivers: ['nfs'], exporters: ['print'] },
    },
  },
};

test('a sound configuration becomes pipelines, each before those it feeds', () => {
  const { extensions, pipelines } = planPipelines(good, factories);
  expect(extensions).toMatchObject([
    { kind: 'extension', id: 'answer/late', config: {} },
    { kind: 'extension', id: 'answer' },
  ]);
  expect(pipelines.map(({ id }) => id).indexOf('metrics')).toBeGreaterThan(pipelines.map(({ id }) => id).indexOf('nfs'));
  const nfs = pipelines.find(({ id }) => id === 'nfs')!;
  expect(nfs.processors).toMatchObject([{ kind: 'processor', id: 'limit', config: { limits: { rate: 2, unit: 's' }, keep: [] } }]);
  expect(nfs.exporters).toMatchObject([
    { kind: 'connector', id: 'count' },
    { kind: 'exporter', id: 'print' },
  ]);
});

const change = (path: string, value: unknown): unknown => {
  const copy: any = structuredClone(good);
  const keys = path.split('.');
  const last = keys.pop()!;
  let at = copy;
  for (const key of keys) at = at[key] ??= {};
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
};

/** `code at path: message | mend`, one line an issue. */
const issues = (config: unknown): string[] => {
  try {
    planPipelines(config, factories);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues.map(({ code, at, path, message, mend }) => `${code} ${at} ${path.join('.')} | ${message} | ${mend ?? ''}`);
  }
};

const pipes = 'service.pipelines';

describe('what is wrong is named, placed and mended', () => {
  test.each<[name: string, config: unknown, expected: string[]]>([
    [
      'nothing at all',
      null,
      [
        'NFS-104 key receivers | receivers: no receiver configuration specified in config | There are: nfs.',
        'NFS-104 key exporters | exporters: no exporter configuration specified in config | There are: page, print.',
        'NFS-104 key service.pipelines | service::pipelines: service must have at least one pipeline | Add one, for example `nfs`.',
      ],
    ],
    ['not a mapping', 'text', ['NFS-103 value  | expected map, received string | ']],
    [
      'an extension that is not there',
      change('service.extensions', ['answer', 'answer/late', 'anser']),
      [
        'NFS-104 value service.extensions.2 | service::extensions: references extension "anser" which is not configured | Did you mean "answer"?',
      ],
    ],
    [
      'an extension twice',
      change('service.extensions', ['answer', 'answer/late', 'answer']),
      ['NFS-104 value service.extensions.2 | service::extensions: references extension "answer" multiple times | List it once.'],
    ],
    [
      'an extension that nothing lists',
      change('service.extensions', ['answer']),
      [
        'NFS-104 key extensions.answer/late | extensions::answer/late: is configured, but `service::extensions` does not list it | List it there, or remove it.',
      ],
    ],
    [
      'an extension in a pipeline',
      change(`${pipes}.nfs.exporters`, ['count', 'print', 'answer']),
      [
        'NFS-104 value service.pipelines.nfs.exporters.2 | service::pipelines::nfs: references exporter "answer" which is not configured | Allowed here: page, print, count.',
      ],
    ],
    ['an unknown section', change('recievers', {}), ['NFS-103 key recievers | unknown key "recievers" | Did you mean "receivers"?']],
    [
      'an unknown key in service',
      change('service.piplines', {}),
      ['NFS-103 key service.piplines | service: unknown key "piplines" | Did you mean "pipelines"?'],
    ],
    [
      'an unknown key in a pipeline',
      change(`${pipes}.nfs.exporter`, []),
      ['NFS-103 key service.pipelines.nfs.exporter | service::pipelines::nfs: unknown key "exporter" | Did you mean "exporters"?'],
    ],
    [
      'a reference that is no list',
      change(`${pipes}.nfs.exporters`, 'print'),
      ['NFS-103 value service.pipelines.nfs.exporters | service::pipelines::nfs::exporters: expected list, received string | '],
    ],
    [
      'an unknown component type',
      change('exporters.pagee', {}),
      ['NFS-103 key exporters.pagee | exporters::pagee: unknown exporter type "pagee" | Did you mean "page"?'],
    ],
    [
      'a type that resembles none',
      change('exporters.otlp_http', {}),
      ['NFS-103 key exporters.otlp_http | exporters::otlp_http: unknown exporter type "otlp_http" | Allowed here: page, print.'],
    ],
    [
      'an id that is none',
      change('exporters.Page/ x', {}),
      [
        'NFS-103 key exporters.Page/ x | exporters::Page/ x: an id is `type` or `type/name` | The type is lower case; the name has letters, digits, `_`, `.` and `-`.',
      ],
    ],
    [
      'an unknown key of a component, below it',
      change('processors.limit.limits', { rat: 1 }),
      ['NFS-103 key processors.limit.limits.rat | processors::limit::limits: unknown key "rat" | Did you mean "rate"?'],
    ],
    [
      'an unknown key in a list',
      change('processors.limit.keep', [{}, { units: 1 }]),
      ['NFS-103 key processors.limit.keep.1.units | processors::limit::keep::1: unknown key "units" | Did you mean "unit"?'],
    ],
    [
      'a wrong type',
      change('processors.limit.limits', { rate: 'fast' }),
      ['NFS-103 value processors.limit.limits.rate | processors::limit::limits::rate: expected number, received string | '],
    ],
    [
      'neither of two types',
      change('processors.limit.limits', { unit: [] }),
      [
        'NFS-103 value processors.limit.limits.unit | processors::limit::limits::unit: expected string, received list or expected number, received list | ',
      ],
    ],
    [
      'a pipeline without receivers',
      change(`${pipes}.nfs/raw.receivers`, undefined),
      [
        'NFS-104 key service.pipelines.nfs/raw | service::pipelines::nfs/raw: must have at least one receiver | List one under `receivers`.',
      ],
    ],
    [
      'a pipeline without exporters',
      change(`${pipes}.nfs/raw.exporters`, []),
      [
        'NFS-104 key service.pipelines.nfs/raw | service::pipelines::nfs/raw: must have at least one exporter | List one under `exporters`.',
      ],
    ],
    [
      'an unknown signal',
      change(`${pipes}.metric`, { receivers: ['count'], exporters: ['page'] }),
      ['NFS-103 key service.pipelines.metric | service::pipelines::metric: unknown signal "metric" | Did you mean "metrics"?'],
    ],
    [
      'a dangling receiver',
      change(`${pipes}.metrics.receivers`, ['count', 'cuont']),
      [
        'NFS-104 value service.pipelines.metrics.receivers.1 | service::pipelines::metrics: references receiver "cuont" which is not configured | Did you mean "count"?',
      ],
    ],
    [
      'a dangling processor',
      change(`${pipes}.nfs/raw.processors`, ['nfs']),
      [
        'NFS-104 value service.pipelines.nfs/raw.processors.0 | service::pipelines::nfs/raw: references processor "nfs" which is not configured | Allowed here: limit, limit/late.',
      ],
    ],
    [
      'the same twice',
      change(`${pipes}.nfs/raw.receivers`, ['nfs', 'nfs']),
      [
        'NFS-104 value service.pipelines.nfs/raw.receivers.1 | service::pipelines::nfs/raw: references receiver "nfs" multiple times | List it once.',
      ],
    ],
    [
      'an exporter of another signal',
      change(`${pipes}.nfs/raw.exporters`, ['page']),
      [
        'NFS-104 value service.pipelines.nfs/raw.exporters.0 | service::pipelines::nfs/raw: exporter "page" does not support the signal nfs | It supports: metrics.',
      ],
    ],
    [
      'a connector at the wrong end',
      change(`${pipes}.nfs/raw.receivers`, ['count']),
      [
        'NFS-104 value service.pipelines.nfs/raw.receivers.0 | service::pipelines::nfs/raw: connector "count" as receiver does not support the signal nfs | It supports: metrics.',
      ],
    ],
    [
      'an unused processor',
      change('processors.limit/more', null),
      [
        'NFS-104 key processors.limit/more | processors::limit/more: is configured, but no pipeline uses it | Use it in a pipeline, or remove it.',
      ],
    ],
    [
      'an unused connector',
      change('connectors.again', null),
      ['NFS-104 key connectors.again | connectors::again: is configured, but no pipeline uses it | Use it in a pipeline, or remove it.'],
    ],
    [
      'a connector that starts nothing',
      {
        ...good,
        connectors: { count: {}, 'count/b': {} },
        service: { ...good.service, pipelines: { ...good.service.pipelines, 'nfs/raw': { receivers: ['nfs'], exporters: ['count/b'] } } },
      },
      [
        "NFS-104 key connectors.count/b | connectors::count/b: is an exporter of nfs/raw, but no pipeline's receiver | List it under the `receivers` of the pipeline it starts.",
      ],
    ],
    [
      'a connector that ends nothing',
      change(`${pipes}.nfs.exporters`, ['print']),
      [
        "NFS-104 key connectors.count | connectors::count: is a receiver of metrics, but no pipeline's exporter | List it under the `exporters` of the pipeline it ends.",
      ],
    ],
    [
      'a pipeline that feeds itself',
      {
        ...good,
        connectors: { count: {}, again: {} },
        service: {
          ...good.service,
          pipelines: {
            ...good.service.pipelines,
            metrics: { receivers: ['count', 'again'], processors: ['limit/late'], exporters: ['page', 'print', 'again'] },
          },
        },
      },
      [
        'NFS-104 key service.pipelines.metrics | service::pipelines::metrics: cycle detected: pipeline "metrics" -> connector "again" -> pipeline "metrics" | Take one of these connectors out of a pipeline.',
      ],
    ],
    [
      'two pipelines in a loop',
      {
        ...good,
        connectors: { count: {}, 'again/there': {}, 'again/back': {} },
        service: {
          ...good.service,
          pipelines: {
            ...good.service.pipelines,
            metrics: { receivers: ['count', 'again/back'], processors: ['limit/late'], exporters: ['page', 'again/there'] },
            'metrics/2': { receivers: ['again/there'], exporters: ['print', 'again/back'] },
          },
        },
      },
      [
        'NFS-104 key service.pipelines.metrics | service::pipelines::metrics: cycle detected: pipeline "metrics" -> connector "again/there" -> pipeline "metrics/2" -> connector "again/back" -> pipeline "metrics" | Take one of these connectors out of a pipeline.',
      ],
    ],
    [
      'several things at once',
      { ...good, receivers: { nfs: { a: 1 } }, exporters: { page: { b: 2 }, print: null } },
      [
        'NFS-103 key receivers.nfs.a | receivers::nfs: unknown key "a" | Allowed here: nothing.',
        'NFS-103 key exporters.page.b | exporters::page: unknown key "b" | Allowed here: nothing.',
      ],
    ],
  ])('%s', (_, config, expected) => {
    expect(issues(config)).toEqual(expected);
  });

  test('one id for a connector and an exporter', () => {
    const both = defineExporter({ type: 'count', description: '', config: none, signals: { nfs: { stability, create: never } } });
    const config = { ...good, exporters: { ...good.exporters, count: {} } };
    expect(() => planPipelines(config, [...factories, both])).toThrow('connectors::count: ambiguous id: there is the exporter "count" too');
  });

  test('each issue is an error for people, placed by whoever knows the file', () => {
    const error = (() => {
      try {
        planPipelines(change('exporters.pagee', {}), factories);
      } catch (caught) {
        return caught;
      }
      return undefined;
    })() as ConfigError;
    expect(error.located(({ path }) => ({ where: `file:1:1 (${path.join('.')})` })).map((one) => one.toLine())).toEqual([
      'NFS-103 file:1:1 (exporters.pagee): exporters::pagee: unknown exporter type "pagee". Did you mean "page"?',
    ]);
  });
});
