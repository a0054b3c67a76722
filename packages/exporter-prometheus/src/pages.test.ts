import type { Exemplar, Metric } from '@nfscope/model';
import { metric } from '@nfscope/semconv';
import { noPrometheus } from '@nfscope/test-prometheus';
import { describe, expect, test } from 'vitest';
import { canonicalText } from '@nfscope/model/prometheus';
import { checkMetrics } from './testing/check-metrics.ts';
import { openMetrics, pageOf, textOf } from './testing/page-of.ts';
import { parsePage } from './testing/parse-page.ts';
import { batchOf, columns, gauge, histogramPoints, type Series } from './testing/snapshots.ts';

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

  describe('exemplars', () => {
    const exemplar = (bucket: number, timeMs: number, digit: string): Exemplar => ({
      bucket,
      value: [0.25, 4.5, 1e-7][bucket]!,
      timeMs,
      traceId: digit.repeat(32),
      spanId: digit.repeat(16),
    });
    const text = (digit: string, value: string, time: string): string =>
      ` # {trace_id="${digit.repeat(32)}",span_id="${digit.repeat(16)}"} ${value} ${time}`;
    const two = [{ attributes: { op: 'READ', k: 1 } }, { attributes: { op: 'WRITE', k: 1 } }];
    const points = histogramPoints(two, [0.5, 8], [1, 2, 4, 3, 0, 1], [5, 6]);
    const exemplars = new Map([
      [0, [exemplar(1, 1_520_879_607_789, 'a'), exemplar(0, 1_520_879_607_000, 'b')]],
      [1, [exemplar(2, 1_520_879_608_000, 'c')]],
    ]);
    const withThem = batchOf(two, [{ ...metric.IO_DURATION, points: [{ ...points, exemplars }] }]);

    test('are behind the buckets that count them, and on no other line', async () => {
      const page = await pageOf(openMetrics, {}, withThem);
      expect(page.split('\n').filter((line) => line.includes('_bucket'))).toEqual([
        `nfs_io_duration_seconds_bucket{k="1",op="READ",le="0.5"} 1${text('b', '0.25', '1520879607')}`,
        `nfs_io_duration_seconds_bucket{k="1",op="READ",le="8.0"} 3${text('a', '4.5', '1520879607.789')}`,
        'nfs_io_duration_seconds_bucket{k="1",op="READ",le="+Inf"} 7',
        'nfs_io_duration_seconds_bucket{k="1",op="WRITE",le="0.5"} 3',
        'nfs_io_duration_seconds_bucket{k="1",op="WRITE",le="8.0"} 3',
        `nfs_io_duration_seconds_bucket{k="1",op="WRITE",le="+Inf"} 4${text('c', '1e-7', '1520879608')}`,
      ]);
      expect(page.split('\n').filter((line) => line.includes(' # ') && !line.includes('_bucket'))).toEqual([]);
    });

    test('are not in the text format, which has none', async () => {
      const plain = batchOf(two, [{ ...metric.IO_DURATION, points: [points] }]);
      expect(await textOf(withThem)).toBe(await textOf(plain));
    });

    test('of series that become one are the newest of each bucket, and the snapshot stays as it was', async () => {
      const same = [{ resource: { pod: 'a' } }, { resource: { pod: 'b' } }, { resource: { pod: 'c' } }];
      const three = histogramPoints(same, [0.5], [1, 1, 1, 1, 1, 1], [1, 1, 1]);
      const [older, newer, other] = [exemplar(1, 10_000, 'a'), exemplar(1, 11_000, 'b'), exemplar(0, 9000, 'c')];
      const given = new Map([
        [0, [older]],
        [1, [newer, other]],
      ]);
      const batch = batchOf(same, [{ ...metric.IO_DURATION, points: [{ ...three, exemplars: given }] }]);
      const page = await pageOf(openMetrics, { resource_labels: [] }, batch);
      expect(page.split('\n').filter((line) => line.includes('_bucket'))).toEqual([
        `nfs_io_duration_seconds_bucket{le="0.5"} 3${text('c', '0.25', '9')}`,
        `nfs_io_duration_seconds_bucket{le="+Inf"} 6${text('b', '4.5', '11')}`,
      ]);
      expect([...given]).toEqual([
        [0, [older]],
        [1, [newer, other]],
      ]);
    });

    test('have room in a page of many', async () => {
      const many = Array.from({ length: 3_000 }, (_, index) => ({ attributes: { index } }));
      const bounds = [0.5, 8];
      const own = histogramPoints(
        many,
        bounds,
        many.flatMap(() => [1, 1, 1]),
        many.map(() => 1),
      );
      const all = new Map(many.map((_, point) => [point, [0, 1, 2].map((bucket) => exemplar(bucket, 1_520_879_607_789, 'a'))]));
      const page = await pageOf(openMetrics, {}, batchOf(many, [{ ...metric.IO_DURATION, points: [{ ...own, exemplars: all }] }]));
      expect(page.split(' # {').length - 1).toBe(9_000);
      expect(parsePage(page.replaceAll(/ # \{.*/g, ''), 'openmetrics').samples).toHaveLength(15_000);
    });
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
    if (noPrometheus !== undefined) return skip(noPrometheus);
    expect(checkMetrics(await hostilePage())).toBe('');
  });
});

test('promtool accepts every metric of nfscope, and sees what is wrong with a page that is not', async ({ skip }) => {
  if (noPrometheus !== undefined) return skip(noPrometheus);
  const series = [{ attributes: { 'nfs.operation.name': 'READ' } }];
  const metrics = Object.values(metric).map((definition): Metric =>
    definition.type === 'histogram'
      ? { ...definition, points: [histogramPoints(series, [0.1, 1], [1, 2, 3], [4.5])] }
      : { ...definition, points: { ...columns(series), value: Float64Array.of(1) } },
  );
  const text = await textOf(batchOf(series, metrics));
  expect(checkMetrics(text)).toBe('');
  expect(checkMetrics(text.replaceAll('nfs_operation_name="READ"', 'a="1",a="2"'))).toContain('duplicate label');
});
