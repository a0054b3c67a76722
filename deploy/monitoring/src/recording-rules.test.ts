import { noPrometheus } from '@nfscope/test-prometheus';
import { describe, expect, test } from 'vitest';
import { record } from './recording-rules.ts';
import { ruleTest } from './testing/rule-test.ts';

const lake = 'server_address="nas1",nfs_export_path="/lake"';
const home = 'server_address="nas1",nfs_export_path="/home"';
const old = 'server_address="nas2",nfs_export_path="/old"';

const etl = 'instance="node-1",k8s_namespace_name="data",k8s_pod_name="etl-0",k8s_statefulset_name="etl",nfs_io_owner="container"';
/** A pod of the deployment web, on a node of its own. */
const web = (pod: string, node: string): string =>
  `instance="${node}",k8s_namespace_name="shop",k8s_pod_name="${pod}",k8s_replicaset_name="web-5d8",k8s_deployment_name="web",nfs_io_owner="container"`;
const system = 'instance="node-2",nfs_io_owner="system"';

const ended = (labels: string, more = ''): string => `nfs_io_duration_seconds_count{${labels},nfs_operation_name="READ"${more}}`;
const moved = (labels: string): string => `nfs_io_size_bytes_sum{${labels},nfs_operation_name="READ"}`;
const served = (labels: string, operation = 'READ'): string => `nfs_io_rtt_seconds_sum{${labels},nfs_operation_name="${operation}"}`;

/** Each minute so much more. */
const cluster: Readonly<Record<string, string>> = {
  // What fails is work too.
  [ended(`${etl},${lake}`)]: '0+1200x30',
  [ended(`${etl},${lake}`, ',error_type="ESTALE"')]: '0+1200x30',
  // Of node-1 a ninth, of node-2 three quarters.
  [ended(`${web('web-a', 'node-1')},${lake}`)]: '0+300x30',
  [ended(`${web('web-b', 'node-2')},${lake}`)]: '0+900x30',
  [ended(`${system},${lake}`)]: '0+400x30',
  [ended(`${web('web-a', 'node-1')},${home}`)]: '0+60x30',
  [ended(`${etl},${old}`)]: '7000x30',

  [moved(`${etl},${lake}`)]: '0+3000x30',
  [moved(`${web('web-a', 'node-1')},${lake}`)]: '0+600x30',
  [moved(`${web('web-b', 'node-2')},${lake}`)]: '0+400x30',

  [served(`${etl},${lake}`)]: '0+1x30',
  [served(`${web('web-a', 'node-1')},${lake}`)]: '0+1x30',
  [served(`${web('web-b', 'node-2')},${lake}`, 'GETATTR')]: '0+2x30',
  [served(`${system},${lake}`)]: '5x30',
};

const ofEtl = `k8s_namespace_name="data",workload="etl",${lake}`;
const ofWeb = `k8s_namespace_name="shop",workload="web",${lake}`;
const ofSystem = `workload="system",${lake}`;
const shares = {
  [`{${ofEtl},nfs_io_share_of="operations"}`]: 0.6,
  [`{${ofWeb},nfs_io_share_of="operations"}`]: 0.3,
  [`{${ofSystem},nfs_io_share_of="operations"}`]: 0.1,
  [`{k8s_namespace_name="shop",workload="web",${home},nfs_io_share_of="operations"}`]: 1,
  [`{${ofEtl},nfs_io_share_of="bytes"}`]: 0.75,
  [`{${ofWeb},nfs_io_share_of="bytes"}`]: 0.25,
  [`{${ofEtl},nfs_io_share_of="server_time"}`]: 0.25,
  [`{${ofWeb},nfs_io_share_of="server_time"}`]: 0.75,
  [`{${ofSystem},nfs_io_share_of="server_time"}`]: 0,
};
const wholes = {
  [`{${lake},nfs_io_share_of="operations"}`]: 1,
  [`{${lake},nfs_io_share_of="bytes"}`]: 1,
  [`{${lake},nfs_io_share_of="server_time"}`]: 1,
  [`{${home},nfs_io_share_of="operations"}`]: 1,
};

describe.skipIf(noPrometheus !== undefined)(`shares, by promtool${noPrometheus === undefined ? '' : `: ${noPrometheus}`}`, () => {
  // The last bits of a rate are not those of a fraction.
  const rounded = (expression: string): string => `round(${expression}, 0.001)`;

  test('are of the work of all nodes, with no label of a pod or a node', () => {
    expect(ruleTest(cluster, 20, { [rounded(record.share)]: shares })).toBe('');
  });
  test('add up to 1 for each export and each quantity that was used', () => {
    const sum = `sum by (server_address, nfs_export_path, nfs_io_share_of) (${record.share})`;
    expect(ruleTest(cluster, 20, { [rounded(sum)]: wholes })).toBe('');
  });
});
