import { metric } from '@nfscope/semconv';
import { describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { negotiateFormat } from '../format.ts';
import { pagesOf } from '../pages.ts';
import { openMetrics, pageOf, textOf } from '../testing/page-of.ts';
import { parsePage } from '../testing/parse-page.ts';
import { batchOf, columns, gauge, histogramPoints, type Series } from '../testing/snapshots.ts';

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
    for await (const chunk of pages([batchOf([{}], [{ ...metric.IO_SIZE, points }])], negotiateFormat('')))
      chunks.push(Uint8Array.from(chunk));
    expect(lines(Buffer.concat(chunks).toString())).toHaveLength(4);
    expect(omitted).toEqual(['nfs_io_size_bytes: a series with the same labels has other bounds']);
  });
});
