import { noPrometheus } from '@nfscope/test-prometheus';
import { describe, expect, test } from 'vitest';
import { alerts } from './alerts.ts';
import { ruleTest } from './testing/rule-test.ts';

/** A series a line, with what it is each minute. */
interface Case {
  readonly fires: Readonly<Record<string, string>>;
  readonly quiet: Readonly<Record<string, string>>;
  /** When to look, in minutes. */
  readonly at?: number;
}

const at = 'server_address="nas1",nfs_export_path="/lake"';
const pod = (name: string): string => `k8s_namespace_name="data",k8s_pod_name="${name}",nfs_io_owner="container",${at}`;
const ended = (labels: string): string => `nfs_io_duration_seconds_count{${labels}}`;
const read = (name: string): string => ended(`${pod(name)},nfs_operation_name="READ"`);
const getattr = (name: string): string => ended(`${pod(name)},nfs_operation_name="GETATTR"`);
const moved = (labels: string): string => `nfs_io_size_bytes_sum{${labels},nfs_operation_name="WRITE"}`;
const age = (labels: string): string => `nfs_io_inflight_age_seconds{${labels},nfs_operation_name="READ"}`;
const bucket = (le: string): string => `nfs_io_duration_seconds_bucket{${at},nfs_operation_name="READ",le="${le}"}`;

const queue = (name: string, signal: string): string => `${name}{exporter="otlp_grpc",otel_signal="${signal}",instance="node-1"}`;
const refused = (reason: string): string => `nfscope_k8s_events_refused_total{exporter="k8s_events",instance="node-1",reason="${reason}"}`;

/** A minute has 60 s: 60 more a minute is one a second. */
const cases: Readonly<Record<string, Case>> = {
  NasServerNotAnswering: {
    fires: { [age(pod('etl'))]: '0+60x60' },
    // Slow operations that do end.
    quiet: { [age(pod('etl'))]: '55 0 58 3 59 0 20 59x60' },
  },
  NasPodStuckOps: {
    fires: { [age(pod('etl'))]: '40x60' },
    // A kernel thread is no pod.
    quiet: { [age(`nfs_io_owner="system",${at}`)]: '40x60', [age(pod('web'))]: '29x60' },
  },
  NasLatencyHigh: {
    fires: {
      [bucket('0.01')]: '0+6000x120 720000x40',
      [bucket('1')]: '0+6000x120 720000+6000x40',
      [bucket('+Inf')]: '0+6000x120 720000+6000x40',
    },
    // As slow as ever.
    quiet: { [bucket('0.01')]: '0x160', [bucket('1')]: '0+6000x160', [bucket('+Inf')]: '0+6000x160' },
    at: 150,
  },
  NasErrorRatio: {
    fires: { [read('etl')]: '0+900x60', [ended(`${pod('etl')},nfs_operation_name="READ",error_type="ESTALE"`)]: '0+100x60' },
    // A file that is not there is an answer.
    quiet: { [read('etl')]: '0+900x60', [ended(`${pod('etl')},nfs_operation_name="LOOKUP",error_type="ENOENT"`)]: '0+900x60' },
  },
  NasRetransmits: {
    fires: { [read('etl')]: '0+1000x60', [`nfs_io_retransmits_total{${pod('etl')}}`]: '0+20x60' },
    quiet: { [read('etl')]: '0+1000x60', [`nfs_io_retransmits_total{${pod('etl')}}`]: '0+5x60' },
  },
  NasOtherOpsStorm: {
    fires: { [getattr('etl')]: '0+120000x60', [read('etl')]: '0+6000x60' },
    // As many, beside as many reads; and a few, alone.
    quiet: { [getattr('etl')]: '0+120000x60', [read('etl')]: '0+120000x60', [getattr('web')]: '0+6000x60' },
  },
  NasNoisyNeighbour: {
    fires: { [read('etl')]: '0+60000x60', [read('web')]: '0+600x60', [read('ci')]: '0+600x60' },
    // The only one there disturbs nobody.
    quiet: { [read('etl')]: '0+60000x60', [read('web')]: '0+600x60' },
  },
  NasAgentDown: {
    fires: { 'up{job="nfscope/agent",instance="node-1"}': '0x60' },
    quiet: { 'up{job="nfscope/agent",instance="node-1"}': '1 1 1 0 0 1x60', 'up{job="other",instance="node-1"}': '0x60' },
  },
  NasAgentDroppingEvents: {
    fires: { 'nfscope_lost_total{nfscope_lost_kind="event",instance="node-1"}': '0+10x60' },
    quiet: { 'nfscope_lost_total{nfscope_lost_kind="event",instance="node-1"}': '10x60' },
  },
  NasAgentUnattributed: {
    fires: { [moved(pod('etl'))]: '0+9000x60', [moved(`nfs_io_owner="container",${at}`)]: '0+1000x60' },
    // What kernel threads do for nobody, and what is no container, has no pod to be named by.
    quiet: { [moved(pod('etl'))]: '0+9000x60', [moved(`nfs_io_owner="system",${at}`)]: '0+1000x60' },
  },
  NasCoverageGap: {
    fires: { [`nfs_io_coverage_ratio{${at},nfs_io_coverage_reason="missed_runs",nfs_operation_name="READ"}`]: '0.02x60' },
    // Before nfscope counted, and of the server’s own client: usual.
    quiet: {
      [`nfs_io_coverage_ratio{${at},nfs_io_coverage_reason="attached_late"}`]: '0.5x60',
      [`nfs_io_coverage_ratio{${at},nfs_io_coverage_reason="parent_client"}`]: '0.1x60',
      [`nfs_io_coverage_ratio{${at}}`]: '0.4x60',
    },
  },
  NasAgentExportFailing: {
    // Asked again twice a minute. What is dropped and what is refused has a test of its own below.
    fires: {
      [queue('nfscope_exporter_retries_total', 'metrics')]: '0 0+2x60',
      [queue('otelcol_exporter_sent_metric_points_total', 'metrics')]: '9000x60',
    },
    // An outage of ten minutes; a backend that fails now and then, and takes what it is sent again; one that is only slow.
    quiet: {
      [queue('nfscope_exporter_retries_total', 'metrics')]: '0x25 2+2x10 22x30',
      [queue('otelcol_exporter_sent_metric_points_total', 'metrics')]: '0+100x25 2500x10 2600+100x30',
      [queue('nfscope_exporter_retries_total', 'logs')]: '0+2x60',
      [queue('otelcol_exporter_sent_log_records_total', 'logs')]: '0+100x60',
      [queue('otelcol_exporter_send_failed_log_records_total', 'logs')]: '0x60',
      [queue('otelcol_exporter_enqueue_failed_spans_total', 'traces')]: '7x60',
      [queue('otelcol_exporter_queue_size', 'traces')]: '9000x60',
      // Its namespace is going, and that is all.
      [refused('gone')]: '0+1x60',
    },
  },
  NasAgentConfigurationRefused: {
    fires: { 'nfscope_configuration_current{instance="node-1"}': '1 0x60' },
    quiet: { 'nfscope_configuration_current{instance="node-1"}': '1x60' },
  },
};

/** What promtool objects to when the alert is to be as `firing` says, `minutes` after the beginning. */
const objection = (alert: string, series: Readonly<Record<string, string>>, minutes: number, firing: boolean) => {
  const counted = `count(ALERTS{alertname="${alert}", alertstate="firing"}) > 0 or vector(0)`;
  return ruleTest(series, minutes, { [`clamp_max(${counted}, 1)`]: { '{}': firing ? 1 : 0 } });
};

test('every alert has a case, and every case an alert', () => {
  expect(Object.keys(cases).sort()).toEqual(alerts.map(({ name }) => name).sort());
});

describe.skipIf(noPrometheus !== undefined)(`by promtool${noPrometheus === undefined ? '' : `: ${noPrometheus}`}`, () => {
  test.each(Object.entries(cases))('%s fires when it should', (name, { fires, at: minutes = 45 }) => {
    expect(objection(name, fires, minutes, true)).toBe('');
  });
  test.each(['enqueue_failed_spans', 'enqueue_failed_log_records', 'send_failed_metric_points'])(
    'NasAgentExportFailing fires for %s',
    (counter) =>
      expect(objection('NasAgentExportFailing', { [queue(`otelcol_exporter_${counter}_total`, 'any')]: '0+1x60' }, 45, true)).toBe(''),
  );
  test('NasAgentExportFailing fires for Events that are forbidden', () => {
    expect(objection('NasAgentExportFailing', { [refused('forbidden')]: '0+1x60' }, 45, true)).toBe('');
  });
  test.each(Object.entries(cases))('%s keeps quiet when it should', (name, { quiet, at: minutes = 45 }) => {
    expect(objection(name, quiet, minutes, false)).toBe('');
  });
});
