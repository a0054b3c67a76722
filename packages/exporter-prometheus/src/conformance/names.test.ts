import { labelName, prometheusName } from '@nfscope/model/prometheus';
import { metric } from '@nfscope/semconv';
import { describe, expect, test } from 'vitest';

describe('prometheusName', () => {
  test.each([
    [metric.IO_DURATION, 'nfs_io_duration_seconds'],
    [metric.IO_RTT, 'nfs_io_rtt_seconds'],
    [metric.IO_QUEUE, 'nfs_io_queue_seconds'],
    [metric.IO_SIZE, 'nfs_io_size_bytes'],
    [metric.IO_WIRE, 'nfs_io_wire_bytes_total'],
    [metric.IO_RETRANSMITS, 'nfs_io_retransmits_total'],
    [metric.IO_TIMEOUTS, 'nfs_io_timeouts_total'],
    [metric.LOST, 'nfscope_lost_total'],
  ])('$name', (definition, name) => {
    expect(prometheusName(definition)).toBe(name);
  });

  test.each([
    ['system.memory.utilization', '1', 'gauge', 'system_memory_utilization_ratio'],
    ['compression.ratio', '1', 'gauge', 'compression_ratio'],
    ['tries', '1', 'counter', 'tries_total'],
    ['already.total', '', 'counter', 'already_total'],
    ['sent.total', 'By', 'counter', 'sent_bytes_total'],
    ['sent.bytes', 'By', 'counter', 'sent_bytes_total'],
    ['bytes.sent', 'By', 'gauge', 'bytes_sent'],
    ['disk.speed', 'By/s', 'gauge', 'disk_speed_bytes_per_second'],
    ['queue.rate', '{packet}/s', 'gauge', 'queue_rate_per_second'],
    ['queue.share', 'By/{packet}', 'gauge', 'queue_share_bytes'],
    ['queue.length', '{packet}', 'gauge', 'queue_length'],
    ['load', 'km/h', 'gauge', 'load_km_per_hour'],
    ['cpu.use', '%', 'gauge', 'cpu_use_percent'],
    ['uptime', 'ms', 'gauge', 'uptime_milliseconds'],
    ['(lambda).function.executions(#)', '', 'gauge', 'lambda_function_executions'],
    ['a..b__c', '', 'gauge', 'a_b_c'],
    ['9lives', '', 'gauge', '_9lives'],
    ['rule:sum', '', 'gauge', 'rule:sum'],
    ['größe', '', 'gauge', 'gr_e'],
    ['日本', '', 'gauge', '_'],
    ['odd', 'constructor', 'gauge', 'odd_constructor'],
    ['odd', '{}/{}', 'gauge', 'odd'],
  ] as const)('%s in %s, a %s, is %s', (name, unit, type, translated) => {
    expect(prometheusName({ name, unit, type })).toBe(translated);
  });
});

test.each([
  ['k8s.pod.name', 'k8s_pod_name'],
  ['plain', 'plain'],
  ['k8s.pod.label.app.kubernetes.io/name', 'k8s_pod_label_app_kubernetes_io_name'],
  ['a..b', 'a_b'],
  ['__name__', '_name_'],
  ['9lives', 'key_9lives'],
  ['le', 'exported_le'],
  ['', '_'],
  ['日本', '_'],
  ['a:b', 'a_b'],
])('labelName %s is %s', (attribute, label) => {
  expect(labelName(attribute)).toBe(label);
});
