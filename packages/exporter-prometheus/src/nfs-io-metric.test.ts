import { metric } from '@nfscope/semconv';
import { describe, expect, test } from 'vitest';
import { openMetrics, pageOf, textOf } from './testing/page-of.ts';
import { parsePage } from './testing/parse-page.ts';
import { batchOf, histogramPoints, type Series } from './testing/snapshots.ts';

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
