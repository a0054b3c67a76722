import { labelName, prometheusName } from '@nfscope/exporter-prometheus';
import { attribute, metric, ownMetric, type AttributeName } from '@nfscope/semconv';

type Metrics = { readonly [name in keyof typeof metric]: string };
type Labels = { readonly [name in keyof typeof attribute]: string };

const entries = <K extends string, V>(of: Readonly<Record<K, V>>) => Object.entries(of) as [K, V][];

/** What Prometheus calls a metric, by its key in @nfscope/semconv. */
export const series = Object.fromEntries(entries(metric).map(([key, one]) => [key, prometheusName(one)])) as Metrics;

/** The same of what the agent tells of itself: the library that serves it adds no unit to a name. */
export const ownSeries = Object.fromEntries(
  entries(ownMetric).map(([key, { name, type }]) => [key, `${name.replaceAll('.', '_')}${type === 'counter' ? '_total' : ''}`]),
) as { readonly [name in keyof typeof ownMetric]: string };

/** Matches the counter that each signal has of its own, by that of spans. Two of them may not be in one `rate`, which forgets their names. */
export const ofAnySignal = (what: 'SENT' | 'ENQUEUE_FAILED' | 'SEND_FAILED'): string =>
  `__name__=~"${ownSeries[`EXPORTER_${what}_SPANS`].replace('spans', '.+')}"`;

/** What Prometheus calls an attribute, by its key in @nfscope/semconv. */
export const label = Object.fromEntries(entries<string, AttributeName>(attribute).map(([key, name]) => [key, labelName(name)])) as Labels;

/** Labels of the scrape: `cluster` is what several Prometheus servers set in `external_labels` to be told apart. */
export const CLUSTER = 'cluster';
export const NODE = 'instance';

/** Pods by what made them. A pod is its own workload where nothing did; of several the last named counts. */
const owners = ['K8S_POD_NAME', 'K8S_REPLICASET_NAME', 'K8S_JOB_NAME', 'K8S_DAEMONSET_NAME', 'K8S_STATEFULSET_NAME'] as const;
const makers = ['K8S_DEPLOYMENT_NAME', 'K8S_CRONJOB_NAME'] as const;

/** The label that `withWorkload` sets. */
export const WORKLOAD = 'workload';

/** The same series with a label that says whose they are: the name of the workload, or `nfs.io.owner` where there is no pod. */
export const withWorkload = (expression: string): string =>
  [label.NFS_IO_OWNER, ...[...owners, ...makers].map((key) => label[key])].reduce(
    (inner, from) => `label_replace(${inner}, "${WORKLOAD}", "$1", "${from}", "(.+)")`,
    expression,
  );
