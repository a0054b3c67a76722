import { CLUSTER, label, NODE, series, withWorkload, WORKLOAD } from './series.ts';

/** An expression that Prometheus evaluates again and again, and keeps as a series of its own. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What tells pods, servers and exports apart; operations are summed up except where their name is added. */
const POD = [CLUSTER, NODE, label.K8S_NAMESPACE_NAME, WORKLOAD, label.K8S_POD_NAME, label.NFS_IO_OWNER] as const;
const EXPORT = [label.SERVER_ADDRESS, label.NFS_EXPORT_PATH] as const;
const by = (labels: readonly string[], expression: string): string => `sum by (${labels.join(', ')}) (${expression})`;
const rate = (name: string): string => withWorkload(`rate(${name}[5m])`);

/** Names as Prometheus' documentation asks for: level, metric, operation. */
export const record = {
  operations: 'nfs:io_operations:rate5m',
  errors: 'nfs:io_errors:rate5m',
  payload: 'nfs:io_payload_bytes:rate5m',
  serverTime: 'nfs:io_rtt_seconds:rate5m',
  latency: 'nfs:io_duration_seconds:p99_5m',
  usualLatency: 'nfs:io_duration_seconds:p99_7d',
  share: 'nfs:io_share:ratio_rate5m',
} as const;

const OPERATION = label.NFS_OPERATION_NAME;

/**
 * What nfs.io.share says of a node, of the whole cluster: shares of nodes cannot be added up, since each is of another whole. An
 * export that nobody uses has no parts.
 */
const share = (of: string, rates: string): RecordingRule => ({
  record: record.share,
  expr: `${by([CLUSTER, label.K8S_NAMESPACE_NAME, WORKLOAD, ...EXPORT], rates)} / on (${[CLUSTER, ...EXPORT].join(', ')}) group_left () (${by([CLUSTER, ...EXPORT], rates)} > 0)`,
  labels: { [label.NFS_IO_SHARE_OF]: of },
});

/** The view of a cluster: a hundredth of the series, each with the workload. */
export const recordingRules: readonly RecordingRule[] = [
  { record: record.operations, expr: by([...POD, ...EXPORT, OPERATION], rate(`${series.IO_DURATION}_count`)) },
  {
    record: record.errors,
    expr: by([...POD, ...EXPORT, OPERATION, label.ERROR_TYPE], rate(`${series.IO_DURATION}_count{${label.ERROR_TYPE}!=""}`)),
  },
  { record: record.payload, expr: by([...POD, ...EXPORT, OPERATION], rate(`${series.IO_SIZE}_sum`)) },
  { record: record.serverTime, expr: by([...POD, ...EXPORT], rate(`${series.IO_RTT}_sum`)) },
  {
    record: record.latency,
    // An idle export has no latency: NaN would spoil the mean of the week.
    expr: `histogram_quantile(0.99, sum by (${[CLUSTER, ...EXPORT, 'le'].join(', ')}) (rate(${series.IO_DURATION}_bucket[5m]))) >= 0`,
  },
  { record: record.usualLatency, expr: `avg_over_time(${record.latency}[7d])` },
  share('operations', record.operations),
  share('bytes', record.payload),
  share('server_time', record.serverTime),
];
