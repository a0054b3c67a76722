import { DatasourceVariableBuilder, QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';
import { record } from './recording-rules.ts';
import { CLUSTER, label, WORKLOAD } from './series.ts';

/** Every panel, query and variable takes its data from where the person who looks says. */
export const datasource = { type: 'prometheus', uid: '${datasource}' } as const;

interface Choice {
  readonly name: string;
  readonly title: string;
  readonly label: string;
}

const choices = [
  { name: 'cluster', title: 'Cluster', label: CLUSTER },
  { name: 'namespace', title: 'Namespace', label: label.K8S_NAMESPACE_NAME },
  { name: 'workload', title: 'Workload', label: WORKLOAD },
  { name: 'pod', title: 'Pod', label: label.K8S_POD_NAME },
  { name: 'server', title: 'Server', label: label.SERVER_ADDRESS },
  { name: 'export', title: 'Export', label: label.NFS_EXPORT_PATH },
  { name: 'operation', title: 'Operation', label: label.NFS_OPERATION_NAME },
] as const satisfies readonly Choice[];

export type ChoiceName = (typeof choices)[number]['name'];

/** `k8s_pod_name=~"$pod", ...`: what the person who looks has chosen. Everything matches, also what has no such label. */
export const chosen = (...names: readonly ChoiceName[]): string =>
  choices
    .filter(({ name }) => names.includes(name))
    .map(({ name, label: of }) => `${of}=~"$${name}"`)
    .join(', ');

/** All but the workload, which only recorded series have. */
export const raw = chosen('cluster', 'namespace', 'pod', 'server', 'export', 'operation');
export const recorded = chosen('cluster', 'namespace', 'workload', 'pod', 'server', 'export', 'operation');

/** The data source, and these choices: each offers what those before it leave. */
export const variables = (...names: readonly ChoiceName[]) => [
  new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
  ...choices
    .filter(({ name }) => names.includes(name))
    .map(({ name, title, label: of }, i, all) => {
      const before = chosen(...all.slice(0, i).map((choice) => choice.name));
      return new QueryVariableBuilder(name)
        .label(title)
        .datasource(datasource)
        .query(`label_values(${record.operations}${before && `{${before}}`}, ${of})`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current({ selected: true, text: ['All'], value: ['$__all'] });
    }),
];
