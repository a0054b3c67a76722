import type { Metric, MetricsBatch } from '@nfscope/model';
import { metric } from '@nfscope/semconv';
import { describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { negotiateFormat } from './format.ts';
import { pagesOf } from './pages.ts';
import { canonicalText } from './text-writer.ts';
import { parsePage } from './testing/parse-page.ts';
import { checkMetrics, noPromtool, promtool } from './testing/promtool.ts';
import { batchOf, columns, gauge, histogramPoints, type Series } from './testing/snapshots.ts';

const pageOf = async (accept: string | undefined, raw: object, ...batches: MetricsBatch[]): Promise<string> => {
  const chunks: Uint8Array[] = [];
  const pages = pagesOf(config.parse(raw), () => {});
  for await (const chunk of pages(batches, negotiateFormat(accept))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};
const textOf = (...batches: MetricsBatch[]): Promise<string> => pageOf(undefined, {}, ...batches);
const openMetrics = 'application/openmetrics-text;version=1.0.0';
const utf8 = ';escaping=allow-utf-8';

describe('the text format', () => {
  test('a histogram with and without bounds, and a counter', async () => {
    const series = [{ resource: { 'k8s.pod.name': 'etl-7' }, attributes: { 'onc_rpc.version': 4 } }];
    const text = await textOf(
      batchOf(series, [
        {
          ...metric.IO_SIZE,
          description: 'Back\\slash and\nline.',
          points: [histogramPoints(series, [0.5, 4096], [1, 2, 4], [5000.25]), histogramPoints([{}], [], [3], [7])],
        },
        { ...metric.IO_WIRE, points: { ...columns(series), value: Float64Array.of(2 ** 53) } },
      ]),
    );
    expect(text).toBe(
      [
        '# HELP nfs_io_size_bytes Back\\\\slash and\\nline.',
        '# TYPE nfs_io_size_bytes histogram',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="0.5"} 1',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="4096"} 3',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="+Inf"} 7',
        'nfs_io_size_bytes_sum{k8s_pod_name="etl-7",onc_rpc_version="4"} 5000.25',
        'nfs_io_size_bytes_count{k8s_pod_name="etl-7",onc_rpc_version="4"} 7',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",le="+Inf"} 3',
        'nfs_io_size_bytes_sum{k8s_pod_name="etl-7"} 7',
        'nfs_io_size_bytes_count{k8s_pod_name="etl-7"} 3',
        '# HELP nfs_io_wire_bytes_total RPC bytes sent and received, headers included.',
        '# TYPE nfs_io_wire_bytes_total counter',
        'nfs_io_wire_bytes_total{k8s_pod_name="etl-7",onc_rpc_version="4"} 9007199254740992',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [0, '0'],
    [7, '7'],
    [10, '10'],
    [99999, '99999'],
    [2147483647, '2147483647'],
    [2147483648, '2147483648'],
    [-1, '-1'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e-7, '1e-7'],
    [1e300, '1e+300'],
    [-1.7976931348623157e308, '-1.7976931348623157e+308'],
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
  ])('the number %d', async (value, text) => {
    expect((await textOf(batchOf([{}], [gauge([{}], [value])]))).split('\n')[2]).toBe(`test_value ${text}`);
  });

  test.each<[string, Series, [string, string][]]>([
    [
      'values of all types',
      { attributes: { b: true, n: 1.5, s: 'x', a: ['p', 'q"'] } },
      [
        ['a', '["p","q\\""]'],
        ['b', 'true'],
        ['n', '1.5'],
        ['s', 'x'],
      ],
    ],
    [
      'a point wins over its resource',
      { resource: { 'a.b': 'resource', c: 'r' }, attributes: { 'a.b': 'point' } },
      [
        ['a_b', 'point'],
        ['c', 'r'],
      ],
    ],
    [
      'names that come out the same, in their order',
      { resource: { 'a.b': '2' }, attributes: { a_b: '3', 'a-b': '1' } },
      [['a_b', '1;2;3']],
    ],
    ['the label of a bucket', { attributes: { le: 'mine' } }, [['exported_le', 'mine']]],
    ['a value that is empty, which is no label to Prometheus', { attributes: { empty: '' } }, []],
  ])('labels: %s', async (_, series, labels) => {
    const { samples } = parsePage(await textOf(batchOf([series], [gauge([series])])));
    expect(samples).toEqual([{ name: 'test_value', labels, value: '1' }]);
  });

  test('metrics of one name share one family, whatever scope and place they come from', async () => {
    const [a, b] = [[{ attributes: { of: 'a' } }], [{ attributes: { of: 'b' } }]];
    const text = await textOf(batchOf(a, [gauge(a), gauge(a, [2], 'other')], 'one'), batchOf(b, [gauge(b, [3], 'test_value')], 'two'));
    expect(parsePage(text).samples.map(({ name, value }) => [name, value])).toEqual([
      ['test_value', '1'],
      ['test_value', '3'],
      ['other', '2'],
    ]);
  });

  test('others get their turn while a page is written', async () => {
    const series = Array.from({ length: 20_000 }, (_, i) => ({ attributes: { index: i, 'a.long.name': 'x'.repeat(200) } }));
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await textOf(batchOf(series, [gauge(series)]));
    done = true;
    expect(turns).toBeGreaterThan(1);
  });
});

describe('OpenMetrics', () => {
  const series = [{ resource: { 'k8s.pod.name': 'etl-7' }, attributes: { 'onc_rpc.version': 4 } }];
  const started = { startMs: Float64Array.of(1_520_879_607_789) };
  const batch = batchOf(series, [
    { ...metric.IO_SIZE, points: [{ ...histogramPoints(series, [0.5, 8, 4194304], [1, 2, 4, 0], [5000.25]), ...started }] },
    { ...metric.IO_WIRE, points: { ...columns(series), ...started, value: Float64Array.of(9) } },
    { ...gauge(series), description: 'With "quotes".' },
  ]);

  test('units, canonical bounds, and its end', async () => {
    expect(await pageOf(openMetrics, {}, batch)).toBe(
      [
        `# HELP nfs_io_size_bytes ${metric.IO_SIZE.description}`,
        '# TYPE nfs_io_size_bytes histogram',
        '# UNIT nfs_io_size_bytes bytes',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="0.5"} 1',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="8.0"} 3',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="4.194304e+06"} 7',
        'nfs_io_size_bytes_bucket{k8s_pod_name="etl-7",onc_rpc_version="4",le="+Inf"} 7',
        'nfs_io_size_bytes_sum{k8s_pod_name="etl-7",onc_rpc_version="4"} 5000.25',
        'nfs_io_size_bytes_count{k8s_pod_name="etl-7",onc_rpc_version="4"} 7',
        '# HELP nfs_io_wire_bytes RPC bytes sent and received, headers included.',
        '# TYPE nfs_io_wire_bytes counter',
        '# UNIT nfs_io_wire_bytes bytes',
        'nfs_io_wire_bytes_total{k8s_pod_name="etl-7",onc_rpc_version="4"} 9',
        '# HELP test_value With \\"quotes\\".',
        '# TYPE test_value gauge',
        'test_value{k8s_pod_name="etl-7",onc_rpc_version="4"} 1',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  test('when a series began, on request, and only where it is known', async () => {
    const unknown = batchOf(series, [{ ...metric.IO_TIMEOUTS, points: { ...columns(series), value: Float64Array.of(1) } }]);
    const { samples } = parsePage(await pageOf(openMetrics, { created_samples: true }, batch, unknown), 'openmetrics');
    expect(samples.filter(({ name }) => name.endsWith('_created')).map(({ name, value }) => [name, value])).toEqual([
      ['nfs_io_size_bytes_created', '1520879607.789'],
      ['nfs_io_wire_bytes_created', '1520879607.789'],
    ]);
    expect(await pageOf(undefined, { created_samples: true }, batch)).not.toContain('_created');
  });

  test.each([
    [0, '0.0'],
    [1, '1.0'],
    [100, '100.0'],
    [524288, '524288.0'],
    [1048576, '1.048576e+06'],
    [1e6, '1e+06'],
    [1e21, '1e+21'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.00025, '0.00025'],
    [2.5, '2.5'],
    [-12.5, '-12.5'],
    [Infinity, '+Inf'],
  ])('the bound %d is %s', (value, text) => {
    expect(canonicalText(value)).toBe(text);
  });
});

describe('names', () => {
  const series = [{ resource: { 'k8s.pod.name': 'etl' }, attributes: { 'größe "x"\n': 'a' } }];
  const batch = batchOf(series, [{ ...metric.IO_WIRE, points: { ...columns(series), value: Float64Array.of(3) } }]);
  const plainLabels = '{gr_e_x_="a",k8s_pod_name="etl"} 3';
  const utf8Labels = '"größe \\"x\\"\\n"="a","k8s.pod.name"="etl"} 3';

  test.each([
    ['UnderscoreEscapingWithSuffixes', 'text/plain', `nfs_io_wire_bytes_total${plainLabels}`, 'nfs_io_wire_bytes_total counter'],
    [
      'UnderscoreEscapingWithSuffixes',
      `text/plain;version=1.0.0${utf8}`,
      `nfs_io_wire_bytes_total${plainLabels}`,
      'nfs_io_wire_bytes_total counter',
    ],
    ['UnderscoreEscapingWithoutSuffixes', 'text/plain', `nfs_io_wire${plainLabels}`, 'nfs_io_wire counter'],
    ['UnderscoreEscapingWithoutSuffixes', openMetrics, `nfs_io_wire${plainLabels}`, 'nfs_io_wire unknown'],
    [
      'NoUTF8EscapingWithSuffixes',
      `text/plain;version=1.0.0${utf8}`,
      `{"nfs.io.wire_bytes_total",${utf8Labels}`,
      '"nfs.io.wire_bytes_total" counter',
    ],
    ['NoUTF8EscapingWithSuffixes', openMetrics + utf8, `{"nfs.io.wire_bytes_total",${utf8Labels}`, '"nfs.io.wire_bytes" counter'],
    [
      'NoUTF8EscapingWithSuffixes',
      'text/plain',
      'nfs_io_wire_bytes_total{gr__e__x__="a",k8s_pod_name="etl"} 3',
      'nfs_io_wire_bytes_total counter',
    ],
    ['NoTranslation', openMetrics + utf8, `{"nfs.io.wire",${utf8Labels}`, '"nfs.io.wire" unknown'],
    ['NoTranslation', `${openMetrics};escaping=values`, 'nfs_io_wire{gr__e__x__="a",k8s_pod_name="etl"} 3', 'nfs_io_wire unknown'],
  ])('%s for %s', async (translation_strategy, accept, line, type) => {
    const page = await pageOf(accept, { translation_strategy }, batch);
    expect(page.split('\n')).toEqual(expect.arrayContaining([line, `# TYPE ${type}`]));
    parsePage(page, accept.startsWith('text') ? 'text' : 'openmetrics');
  });

  test('a histogram with a quoted name, with and without labels', async () => {
    const one = [{ attributes: { a: 'b' } }, {}];
    const points = [histogramPoints(one, [1], [1, 2, 3, 4], [5, 6])];
    const page = await pageOf(
      `text/plain;version=1.0.0${utf8}`,
      { translation_strategy: 'NoTranslation' },
      batchOf(one, [{ ...metric.IO_SIZE, points }]),
    );
    expect(page.split('\n').slice(2)).toEqual([
      '{"nfs.io.size_bucket",a="b",le="1"} 1',
      '{"nfs.io.size_bucket",a="b",le="+Inf"} 3',
      '{"nfs.io.size_sum",a="b"} 5',
      '{"nfs.io.size_count",a="b"} 3',
      '{"nfs.io.size_bucket",le="1"} 3',
      '{"nfs.io.size_bucket",le="+Inf"} 7',
      '{"nfs.io.size_sum"} 6',
      '{"nfs.io.size_count"} 7',
      '',
    ]);
  });
});

describe('resources', () => {
  const series: Series[] = [
    { resource: { 'k8s.pod.name': 'a', 'k8s.pod.uid': '1' }, attributes: { op: 'READ' } },
    { resource: { 'k8s.pod.name': 'a', 'k8s.pod.uid': '2' }, attributes: { op: 'READ' } },
  ];
  const lines = (page: string): string[] => page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  test.each([
    [['*'], ['test_value{k8s_pod_name="a",k8s_pod_uid="1",op="READ"} 3', 'test_value{k8s_pod_name="a",k8s_pod_uid="2",op="READ"} 2']],
    [['k8s.pod.u*'], ['test_value{k8s_pod_uid="1",op="READ"} 3', 'test_value{k8s_pod_uid="2",op="READ"} 2']],
    [
      ['k8s.pod.uid', 'op'],
      ['test_value{k8s_pod_uid="1",op="READ"} 3', 'test_value{k8s_pod_uid="2",op="READ"} 2'],
    ],
    [['k8s.pod'], ['test_value{op="READ"} 3']],
    [[], ['test_value{op="READ"} 3']],
  ])('labels of %j', async (resource_labels, expected) => {
    expect(lines(await pageOf(undefined, { resource_labels }, batchOf(series, [gauge(series, [3, 2])])))).toEqual(expected);
  });

  test('target_info has all attributes of each resource', async () => {
    const raw = { resource_labels: ['k8s.pod.uid'], target_info: true };
    const batch = batchOf([...series, {}], [gauge(series)]);
    const expected = ['target_info{k8s_pod_name="a",k8s_pod_uid="1"} 1', 'target_info{k8s_pod_name="a",k8s_pod_uid="2"} 1'];
    const text = await pageOf(undefined, raw, batch);
    expect([parsePage(text).type['target_info'], lines(text).slice(0, 2)]).toEqual(['gauge', expected]);
    const open = await pageOf(openMetrics, raw, batch);
    expect([parsePage(open, 'openmetrics').type['target'], lines(open).slice(0, 2)]).toEqual(['info', expected]);
  });

  test('series with the same labels are one, also those of two scopes, and the snapshot stays as it was', async () => {
    const [a, b] = [[{ attributes: { 'a.b': 'x', z: 1 } }, {}], [{ attributes: { a_b: 'x', z: '1' } }]] as [Series[], Series[]];
    const counter = { ...metric.IO_RETRANSMITS, points: { ...columns(a), value: Float64Array.of(3, 1) } };
    const batches = [
      batchOf(a, [counter, { ...metric.IO_DURATION, points: [histogramPoints(a, [1], [1, 2, 0, 1], [4, 5])] }], 'one'),
      batchOf(
        b,
        [
          { ...metric.IO_RETRANSMITS, points: { ...columns(b), value: Float64Array.of(4) } },
          { ...metric.IO_DURATION, points: [histogramPoints(b, [1], [10, 20], [40])] },
        ],
        'two',
      ),
    ];
    expect(lines(await textOf(...batches))).toEqual([
      'nfs_io_retransmits_total{a_b="x",z="1"} 7',
      'nfs_io_retransmits_total 1',
      'nfs_io_duration_seconds_bucket{a_b="x",z="1",le="1"} 11',
      'nfs_io_duration_seconds_bucket{a_b="x",z="1",le="+Inf"} 33',
      'nfs_io_duration_seconds_sum{a_b="x",z="1"} 44',
      'nfs_io_duration_seconds_count{a_b="x",z="1"} 33',
      'nfs_io_duration_seconds_bucket{le="1"} 0',
      'nfs_io_duration_seconds_bucket{le="+Inf"} 1',
      'nfs_io_duration_seconds_sum 5',
      'nfs_io_duration_seconds_count 1',
    ]);
    expect([...counter.points.value]).toEqual([3, 1]);
  });

  test('of histograms with the same labels and other bounds one is left out, and that is said', async () => {
    const omitted: string[] = [];
    const pages = pagesOf(config.parse({}), (reason, name) => void omitted.push(`${name}: ${reason}`));
    const points = [histogramPoints([{}], [1], [1, 2], [4]), histogramPoints([{}], [2], [1, 2], [4])];
    const chunks: Uint8Array[] = [];
    for await (const chunk of pages([batchOf([{}], [{ ...metric.IO_SIZE, points }])], negotiateFormat(''))) chunks.push(chunk);
    expect(lines(Buffer.concat(chunks).toString())).toHaveLength(4);
    expect(omitted).toEqual(['nfs_io_size_bytes: a series with the same labels has other bounds']);
  });
});

describe('nfs_io_metric', () => {
  const pod = { 'k8s.namespace.name': 'team', 'k8s.pod.name': 'etl-7', 'k8s.container.name': 'etl', 'k8s.node.name': 'n' };
  const read = { 'server.address': 'nas1', 'nfs.operation.name': 'READ', 'onc_rpc.version': 4 };
  const series: Series[] = [
    { resource: pod, attributes: read },
    { resource: pod, attributes: { ...read, 'error.type': 'EIO' } },
    { resource: pod, attributes: { ...read, 'onc_rpc.version': 3 } },
    { resource: pod, attributes: { ...read, 'nfs.operation.name': 'GETATTR' } },
    { attributes: { 'onc_rpc.procedure.name': 'LOCK' } },
  ];
  const batch = batchOf(series, [
    { ...metric.IO_DURATION, points: [histogramPoints(series, [1], [1, 2, 0, 1, 4, 0, 9, 9, 5, 0], [0.5, 0.25, 8, 2, 1])] },
    { ...metric.IO_SIZE, points: [histogramPoints(series.slice(0, 1), [8], [1, 2], [4096])] },
    { ...metric.IO_RTT, points: [histogramPoints(series, [], [1, 1, 1, 1, 1], [7, 7, 7, 7, 7])] },
  ]);

  test('is the sums of the histograms', async () => {
    const page = await pageOf(openMetrics, { nfs_io_metric: true }, batch);
    parsePage(page, 'openmetrics');
    const labels = (op: string, type: string) => `{container="etl",nfs_server="nas1",ns="team",op="${op}",pod="etl-7",type="${type}"}`;
    expect(page.split('\n').filter((line) => line.startsWith('nfs_io_metric'))).toEqual([
      `nfs_io_metric${labels('READ', 'count')} 8`,
      `nfs_io_metric${labels('READ', 'latency')} 8.75`,
      `nfs_io_metric${labels('GETATTR', 'count')} 18`,
      `nfs_io_metric${labels('GETATTR', 'latency')} 2`,
      'nfs_io_metric{op="LOCK",type="count"} 5',
      'nfs_io_metric{op="LOCK",type="latency"} 1',
      `nfs_io_metric${labels('READ', 'bytes')} 4096`,
    ]);
  });

  test('is not there unless it is asked for', async () => {
    expect(await textOf(batch)).not.toContain('nfs_io_metric');
  });
});

/** Everything that could be mistaken for a part of the page. */
const hostile: readonly string[] = [
  'two\nlines',
  'quote"d',
  'back\\slash',
  'ends in a backslash\\',
  '\\n',
  '\\"',
  '"} 1\nnfs_io_fake_total{a="b',
  '# TYPE nfs_io_fake_total counter',
  'carriage\r\nreturn',
  'tab\tand vertical\v',
  'nul\0byte',
  '🙈 日本 ünïcode',
  '\u2028\u202e\ufeff',
  '{a="b",c="d"}',
  '   ',
  'x'.repeat(300_000),
];

const hostilePage = (): Promise<string> => {
  const series = hostile.map((value, i) => ({
    resource: { 'k8s.pod.name': value },
    attributes: { index: i, [`label ${value.slice(0, 99)}`]: value },
  }));
  const buckets = series.flatMap(() => [1, 2]);
  return textOf(
    batchOf(series, [
      { ...gauge(series), description: `Help\nwith "everything" in it \\ 🙈\0` },
      {
        ...metric.IO_DURATION,
        points: [
          histogramPoints(
            series,
            [1],
            buckets,
            series.map(() => 2),
          ),
        ],
      },
    ]),
  );
};

describe('what users name', () => {
  test('comes out as it went in', async () => {
    const { samples, help } = parsePage(await hostilePage());
    const pods = samples.filter(({ name }) => name === 'test_value').map(({ labels }) => new Map(labels).get('k8s_pod_name'));
    expect(pods).toEqual(hostile);
    expect(samples).toHaveLength(hostile.length * 5);
    expect(Object.keys(help)).toEqual(['test_value', 'nfs_io_duration_seconds']);
  });

  test('is UTF-8 even where it is no Unicode', async () => {
    const series = [{ attributes: { torn: 'a\ud800b' } }];
    expect(parsePage(await textOf(batchOf(series, [gauge(series)]))).samples[0]!.labels).toEqual([['torn', 'a\ufffdb']]);
  });

  test('passes promtool', async ({ skip }) => {
    const tool = promtool() ?? skip(noPromtool);
    expect(checkMetrics(tool, await hostilePage())).toBe('');
  });
});

test('promtool accepts every metric of nfscope, and sees what is wrong with a page that is not', async ({ skip }) => {
  const tool = promtool() ?? skip(noPromtool);
  const series = [{ attributes: { 'nfs.operation.name': 'READ' } }];
  const metrics = Object.values(metric).map((definition): Metric =>
    definition.type === 'histogram'
      ? { ...definition, points: [histogramPoints(series, [0.1, 1], [1, 2, 3], [4.5])] }
      : { ...definition, points: { ...columns(series), value: Float64Array.of(1) } },
  );
  const text = await textOf(batchOf(series, metrics));
  expect(checkMetrics(tool, text)).toBe('');
  expect(checkMetrics(tool, text.replaceAll('nfs_operation_name="READ"', 'a="1",a="2"'))).toContain('duplicate label');
});
