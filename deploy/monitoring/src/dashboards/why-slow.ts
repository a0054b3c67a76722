import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import { heatmap, stacked, timeseries } from '../panel.ts';
import { label, series } from '../series.ts';
import { raw } from '../variable.ts';

const place = `${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}`;
const placeLegend = `{{${label.SERVER_ADDRESS}}}:{{${label.NFS_EXPORT_PATH}}}`;
const operation = label.NFS_OPERATION_NAME;
const rate = (name: string, more = ''): string => `rate(${name}{${raw}${more}}[$__rate_interval])`;
const mean = (name: string): string => `sum(${rate(`${name}_sum`)}) / sum(${rate(`${name}_count`)})`;
const quantile = (q: number, by: string): string =>
  `histogram_quantile(${q}, sum by (${by}, le) (${rate(`${series.IO_DURATION}_bucket`)}))`;
const METADATA = `${operation}!~"READ|READ_PLUS|WRITE|COMMIT"`;
const MOVES = `${operation}=~"READ|READ_PLUS|WRITE"`;
const where = [label.SERVER_ADDRESS, label.NFS_EXPORT_PATH].map((name, i) => `${name}=~"$${['server', 'export'][i]}"`).join(', ');

/** Where the time of an operation goes. */
export const whySlow = board(
  'nfscope-why-slow',
  'NFS: why slow',
  'Where the time of an operation goes: the queue in the client, the network and the server, or more operations than are needed.',
  ['cluster', 'namespace', 'pod', 'server', 'export', 'operation'],
)
  .withRow(new RowBuilder('Latency'))
  .withPanel(
    heatmap(
      {
        title: 'How long operations take',
        description: 'From the start of an RPC to its end. A second band above the first is a second cause.',
        unit: 's',
        width: 12,
      },
      `sum by (le) (increase(${series.IO_DURATION}_bucket{${raw}}[$__rate_interval]))`,
    ),
  )
  .withPanel(
    timeseries(
      { title: 'Quantiles', description: 'Of all operations chosen.', unit: 's', width: 12 },
      { expr: quantile(0.5, label.SERVER_ADDRESS), legend: `p50 {{${label.SERVER_ADDRESS}}}` },
      { expr: quantile(0.99, label.SERVER_ADDRESS), legend: `p99 {{${label.SERVER_ADDRESS}}}` },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Queue or server',
        description:
          'Means. Queue: waiting in the client for a slot; more connections (nconnect) or fewer operations mend it. RTT: network and server. What is left of the whole is restarts and the work of the client.',
        unit: 's',
        width: 12,
      },
      { expr: mean(series.IO_DURATION), legend: 'whole' },
      { expr: mean(series.IO_RTT), legend: 'network and server' },
      { expr: mean(series.IO_QUEUE), legend: 'queue' },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'The slowest hundredth by operation',
        description: 'READ slow alone: disks. Everything slow: network, or a server that is busy.',
        unit: 's',
        width: 12,
      },
      { expr: quantile(0.99, operation), legend: `{{${operation}}}` },
    ),
  )
  .withRow(new RowBuilder('Faults'))
  .withPanel(
    timeseries(
      {
        title: 'Errors',
        description:
          'Operations that failed, by error. ESTALE: what a pod has open was removed on the server. ENOENT is mostly a question, not a fault.',
        unit: 'ops',
        width: 8,
      },
      {
        expr: `sum by (${label.ERROR_TYPE}) (${rate(`${series.IO_DURATION}_count`, `, ${label.ERROR_TYPE}!=""`)})`,
        legend: `{{${label.ERROR_TYPE}}}`,
      },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Retransmits',
        description: 'RPCs sent again since no reply came: loss in the network, or a server that stands still.',
        unit: 'ops',
        width: 8,
      },
      { expr: `sum by (${place}) (${rate(series.IO_RETRANSMITS)})`, legend: placeLegend },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Slots',
        description: 'Mean length of the queue for a slot at each send. Above 0, the client sends as much as it may.',
        unit: 'short',
        width: 8,
      },
      {
        expr: `sum by (${label.SERVER_ADDRESS}) (rate(${series.TRANSPORT_BACKLOG}{${label.SERVER_ADDRESS}=~"$server"}[$__rate_interval])) / sum by (${label.SERVER_ADDRESS}) (rate(${series.TRANSPORT_SENDS}{${label.SERVER_ADDRESS}=~"$server"}[$__rate_interval]))`,
        legend: `{{${label.SERVER_ADDRESS}}}`,
      },
    ),
  )
  .withRow(new RowBuilder('More work than is needed'))
  .withPanel(
    timeseries(
      {
        title: 'Bytes an operation',
        description: 'Of reads and writes. Far below rsize and wsize: small I/O, which pays a round trip for each few bytes.',
        unit: 'bytes',
        width: 8,
      },
      {
        expr: `sum by (${operation}) (${rate(`${series.IO_SIZE}_sum`, `, ${MOVES}`)}) / sum by (${operation}) (${rate(`${series.IO_SIZE}_count`, `, ${MOVES}`)})`,
        legend: `{{${operation}}}`,
      },
    ),
  )
  .withPanel(
    stacked(
      {
        title: 'Metadata by pod',
        description: 'The ten pods that ask most: GETATTR, LOOKUP, ACCESS, OPEN. A storm of them slows everybody down.',
        unit: 'ops',
        width: 8,
      },
      {
        expr: `topk(10, sum by (${label.K8S_NAMESPACE_NAME}, ${label.K8S_POD_NAME}) (${rate(`${series.IO_DURATION}_count`, `, ${METADATA}, ${label.K8S_POD_NAME}!=""`)}))`,
        legend: `{{${label.K8S_NAMESPACE_NAME}}}/{{${label.K8S_POD_NAME}}}`,
      },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Reads that the page cache answered',
        description: 'Share of the bytes applications read that needed no READ of the server. Below 0, more is read ahead than is used.',
        unit: 'percentunit',
        width: 8,
      },
      {
        expr: `1 - sum by (${place}) (rate(${series.IO_SIZE}_sum{${where}, ${operation}=~"READ|READ_PLUS"}[$__rate_interval])) / sum by (${place}) (rate(${series.IO_VFS_PAYLOAD}{${where}, ${label.NFS_IO_VFS_CALL}=~"read|splice"}[$__rate_interval]))`,
        legend: placeLegend,
      },
    ),
  );
