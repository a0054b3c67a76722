import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import { stat, table, timeseries } from '../panel.ts';
import { label, NODE, series } from '../series.ts';
import { chosen, raw } from '../variable.ts';

const server = chosen('cluster', 'server', 'export');
const place = `${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}`;

/** What waits for a server that does not answer, and whose it is. */
export const stuckNow = board('nfscope-stuck-now', 'NFS: stuck now', 'What waits for a server that does not answer, and whose it is.', [
  'cluster',
  'namespace',
  'pod',
  'server',
  'export',
  'operation',
])
  .withRow(new RowBuilder('Now'))
  .withPanel(
    stat(
      {
        title: 'Oldest operation',
        description: 'Age of the oldest operation in flight. Seconds are usual, a minute is not.',
        unit: 's',
        width: 8,
      },
      { expr: `max(${series.IO_INFLIGHT_AGE}{${raw}})`, legend: 'oldest' },
    ),
  )
  .withPanel(
    stat(
      { title: 'In flight', description: 'Operations that were sent or wait to be, and have not ended.', unit: 'short', width: 8 },
      { expr: `sum(${series.IO_INFLIGHT}{${raw}})`, legend: 'in flight' },
    ),
  )
  .withPanel(
    stat(
      { title: 'Mounts not well', description: 'Mounts of nodes that are slow, stuck or stale.', unit: 'short', width: 8 },
      { expr: `sum(${series.MOUNT_HEALTH}{${server}, ${label.NFS_MOUNT_STATE}!="ok"})`, legend: 'mounts' },
    ),
  )
  .withPanel(
    table(
      {
        title: 'Who waits',
        description:
          'Pods with an operation older than 5 s, the oldest first. All pods of one server: it, or the way to it, is down. One pod alone: look at the pod.',
        unit: 's',
        width: 24,
      },
      `sort_desc(max by (${label.K8S_NAMESPACE_NAME}, ${label.K8S_POD_NAME}, ${label.NFS_OPERATION_NAME}, ${place}, ${NODE}) (${series.IO_INFLIGHT_AGE}{${raw}}) > 5)`,
      {
        [label.K8S_NAMESPACE_NAME]: 'Namespace',
        [label.K8S_POD_NAME]: 'Pod',
        [label.NFS_OPERATION_NAME]: 'Operation',
        [label.SERVER_ADDRESS]: 'Server',
        [label.NFS_EXPORT_PATH]: 'Export',
        [NODE]: 'Node',
      },
      'Oldest',
    ),
  )
  .withRow(new RowBuilder('Before'))
  .withPanel(
    timeseries(
      {
        title: 'Age of the oldest',
        description: 'A line that climbs by a second a second is a server that does not answer.',
        unit: 's',
        width: 12,
      },
      { expr: `max by (${place}) (${series.IO_INFLIGHT_AGE}{${raw}})`, legend: `{{${label.SERVER_ADDRESS}}}:{{${label.NFS_EXPORT_PATH}}}` },
    ),
  )
  .withPanel(
    timeseries(
      { title: 'State of mounts', description: 'Mounts by the state they are in and the rule that set it.', unit: 'short', width: 12 },
      {
        expr: `sum by (${label.NFS_MOUNT_STATE}, ${label.NFS_MOUNT_RULE}) (${series.MOUNT_HEALTH}{${server}})`,
        legend: `{{${label.NFS_MOUNT_STATE}}} ({{${label.NFS_MOUNT_RULE}}})`,
      },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Major timeouts',
        description: 'Times that the client gave a server up for a while; a soft mount hands EIO or ETIMEDOUT to the application then.',
        unit: 'ops',
        width: 12,
      },
      {
        expr: `sum by (${place}) (rate(${series.IO_TIMEOUTS}{${raw}}[$__rate_interval]))`,
        legend: `{{${label.SERVER_ADDRESS}}}:{{${label.NFS_EXPORT_PATH}}}`,
      },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Reconnects',
        description: 'Connections made anew: the server was restarted, or something between cuts them.',
        unit: 'ops',
        width: 12,
      },
      {
        expr: `sum by (${label.SERVER_ADDRESS}) (rate(${series.TRANSPORT_RECONNECTS}{${label.SERVER_ADDRESS}=~"$server"}[$__rate_interval]))`,
        legend: `{{${label.SERVER_ADDRESS}}}`,
      },
    ),
  );
