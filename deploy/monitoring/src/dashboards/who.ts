import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import { stacked, stat, table, timeseries } from '../panel.ts';
import { record } from '../recording-rules.ts';
import { label, WORKLOAD } from '../series.ts';
import { chosen, recorded } from '../variable.ts';

const pod = `${label.K8S_NAMESPACE_NAME}, ${WORKLOAD}, ${label.K8S_POD_NAME}`;
const place = `${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}`;
const sum = (by: string, name: string): string => `sum by (${by}) (${name}{${recorded}})`;
const top = (by: string, name: string): string => `topk(10, ${sum(by, name)})`;
/** What has no pod would be one nameless line. */
const topPods = (name: string): string => `topk(10, sum by (${pod}) (${name}{${recorded}, ${label.K8S_POD_NAME}!=""}))`;
const placeLegend = `{{${label.SERVER_ADDRESS}}}:{{${label.NFS_EXPORT_PATH}}}`;
const podLegend = `{{${label.K8S_NAMESPACE_NAME}}}/{{${label.K8S_POD_NAME}}}`;
const columns = {
  [label.K8S_NAMESPACE_NAME]: 'Namespace',
  [WORKLOAD]: 'Workload',
  [label.K8S_POD_NAME]: 'Pod',
  [label.SERVER_ADDRESS]: 'Server',
  [label.NFS_EXPORT_PATH]: 'Export',
};

/** Which pods and workloads drive which server and export. */
export const who = board(
  'nfscope-who',
  'NFS: who',
  'Which pods and workloads drive which server and export. Needs the recording rules of nfscope.',
  ['cluster', 'namespace', 'workload', 'pod', 'server', 'export', 'operation'],
)
  .withRow(new RowBuilder('All that is chosen'))
  .withPanel(
    stat(
      { title: 'Operations', description: 'NFS operations a second, of everybody chosen.', unit: 'ops', width: 6 },
      { expr: `sum(${record.operations}{${recorded}})`, legend: 'operations' },
    ),
  )
  .withPanel(
    stat(
      { title: 'Throughput', description: 'Bytes a second that reads and writes moved.', unit: 'Bps', width: 6 },
      { expr: `sum(${record.payload}{${recorded}})`, legend: 'throughput' },
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Failed',
        description: 'Share of the operations that ended with an error. A name that is not there is one too.',
        unit: 'percentunit',
        width: 6,
      },
      {
        expr: `(sum(${record.errors}{${recorded}}) or vector(0)) / sum(${record.operations}{${recorded}})`,
        legend: 'failed',
      },
    ),
  )
  .withPanel(
    stat(
      { title: 'Pods', description: 'Pods with an NFS operation in the last five minutes.', unit: 'short', width: 6 },
      {
        expr: `count(count by (${label.K8S_NAMESPACE_NAME}, ${label.K8S_POD_NAME}) (${record.operations}{${recorded}, ${label.K8S_POD_NAME}!=""} > 0))`,
        legend: 'pods',
      },
    ),
  )
  .withRow(new RowBuilder('Workloads'))
  .withPanel(
    stacked(
      {
        title: 'Operations by workload',
        description: 'The ten busiest. Kernel threads that work for no pod are `system`.',
        unit: 'ops',
        width: 12,
      },
      {
        expr: top(`${label.K8S_NAMESPACE_NAME}, ${WORKLOAD}`, record.operations),
        legend: `{{${label.K8S_NAMESPACE_NAME}}}/{{${WORKLOAD}}}`,
      },
    ),
  )
  .withPanel(
    stacked(
      {
        title: 'Throughput by workload',
        description: 'Bytes a second of reads and writes, charged to who wrote them, whoever flushed the page.',
        unit: 'Bps',
        width: 12,
      },
      { expr: top(`${label.K8S_NAMESPACE_NAME}, ${WORKLOAD}`, record.payload), legend: `{{${label.K8S_NAMESPACE_NAME}}}/{{${WORKLOAD}}}` },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Share of the server’s time',
        description:
          'Which part of the time that server and network work for an export goes to a workload, over all nodes. The parts of an export add up to 1, chosen or not. Who takes most of it while the others wait longer is the noisy neighbour.',
        unit: 'percentunit',
        width: 24,
      },
      {
        expr: `topk(10, ${record.share}{${label.NFS_IO_SHARE_OF}="server_time", ${chosen('cluster', 'namespace', 'workload', 'server', 'export')}})`,
        legend: `{{${label.K8S_NAMESPACE_NAME}}}/{{${WORKLOAD}}} on ${placeLegend}`,
      },
    ),
  )
  .withRow(new RowBuilder('Pods'))
  .withPanel(
    stacked(
      { title: 'Operations by pod', description: 'The ten busiest.', unit: 'ops', width: 12 },
      { expr: topPods(record.operations), legend: podLegend },
    ),
  )
  .withPanel(
    stacked(
      {
        title: 'Time of the server by pod',
        description: 'Seconds a second that the server, and the network, worked for a pod. 1 is one operation under way all the time.',
        unit: 's',
        width: 12,
      },
      { expr: topPods(record.serverTime), legend: podLegend },
    ),
  )
  .withPanel(
    table(
      { title: 'Who uses which export', description: 'Operations a second; the busiest first.', unit: 'ops', width: 24 },
      `sort_desc(topk(50, ${sum(`${pod}, ${place}`, record.operations)}))`,
      columns,
      'Operations a second',
    ),
  )
  .withRow(new RowBuilder('Servers'))
  .withPanel(
    stacked(
      { title: 'Operations by export', description: 'All pods chosen, by where they go.', unit: 'ops', width: 12 },
      { expr: sum(place, record.operations), legend: placeLegend },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Operations by kind',
        description: 'Much GETATTR, LOOKUP and ACCESS beside little READ and WRITE is a metadata storm.',
        unit: 'ops',
        width: 12,
      },
      { expr: sum(label.NFS_OPERATION_NAME, record.operations), legend: `{{${label.NFS_OPERATION_NAME}}}` },
    ),
  );
