import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board.ts';
import { stacked, stat, timeseries } from '../panel.ts';
import { record } from '../recording-rules.ts';
import { CLUSTER, label, NODE, ofAnySignal, ownSeries, series } from '../series.ts';
import { chosen } from '../variable.ts';

const here = chosen('cluster');
const node = `{{${NODE}}}`;
const end = 'exporter, otel_signal';
const ofEnd = '{{exporter}} {{otel_signal}}';
const rateOf = (what: 'SENT' | 'ENQUEUE_FAILED' | 'SEND_FAILED'): string =>
  `sum by (${end}) (rate({${ofAnySignal(what)}, ${here}}[$__rate_interval]))`;

/** Whether the agent tells the truth, and what it costs. */
export const agentHealth = board(
  'nfscope-agent-health',
  'NFS: agent health',
  'Whether nfscope tells the truth, and what it costs. The second half needs a scrape of the agents’ own telemetry (service::telemetry, port 8888).',
  ['cluster'],
)
  .withRow(new RowBuilder('Is it the truth'))
  .withPanel(
    stat(
      {
        title: 'Least coverage',
        description: 'Of all mounts, the least share of the kernel’s own count of operations that has an owner.',
        unit: 'percentunit',
        width: 8,
      },
      { expr: `min(${series.IO_COVERAGE}{${here}, ${label.NFS_IO_COVERAGE_REASON}=""})`, legend: 'coverage' },
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Without a pod',
        description: 'Share of the operations of containers and unknown sources that have no pod’s name.',
        unit: 'percentunit',
        width: 8,
      },
      {
        expr: `sum(${record.operations}{${here}, ${label.NFS_IO_OWNER}=~"container|unknown|other", ${label.K8S_POD_NAME}=""}) / sum(${record.operations}{${here}}) or vector(0)`,
        legend: 'without a pod',
      },
    ),
  )
  .withPanel(
    stat(
      { title: 'Agents', description: 'Nodes whose agent counts.', unit: 'short', width: 8 },
      { expr: `count(group by (${CLUSTER}, ${NODE}) (${series.LOST}{${here}}))`, legend: 'agents' },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Coverage by reason',
        description:
          'Mean share of operations that are not under their export with an owner, and why. parent_client and attached_late are usual; missed_runs and unknown are not.',
        unit: 'percentunit',
        width: 12,
      },
      {
        expr: `avg by (${label.NFS_IO_COVERAGE_REASON}) (${series.IO_COVERAGE}{${here}, ${label.NFS_IO_COVERAGE_REASON}!=""})`,
        legend: `{{${label.NFS_IO_COVERAGE_REASON}}}`,
      },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Lost',
        description: 'Records that the kernel could not keep. Events are detail; rows and runs are operations.',
        unit: 'ops',
        width: 12,
      },
      {
        expr: `sum by (${label.NFSCOPE_LOST_KIND}) (rate(${series.LOST}{${here}}[$__rate_interval]))`,
        legend: `{{${label.NFSCOPE_LOST_KIND}}}`,
      },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Programs attached',
        description: 'Programs in the kernel, by how they are called; 0 while no NFS is mounted.',
        unit: 'short',
        width: 12,
      },
      {
        expr: `sum by (${label.NFSCOPE_PROGRAM_TYPE}) (${series.PROGRAM_ATTACHED}{${here}})`,
        legend: `{{${label.NFSCOPE_PROGRAM_TYPE}}}`,
      },
    ),
  )
  .withPanel(
    stacked(
      { title: 'Pods known', description: 'By who told of them.', unit: 'short', width: 12 },
      {
        expr: `sum by (${label.NFSCOPE_IDENTITY_SOURCE}) (${series.K8S_POD_TABLE_SIZE}{${here}})`,
        legend: `{{${label.NFSCOPE_IDENTITY_SOURCE}}}`,
      },
    ),
  )
  .withRow(new RowBuilder('What it costs'))
  .withPanel(
    timeseries(
      { title: 'Processor time', description: 'Cores in use, by node.', unit: 'short', width: 12 },
      { expr: `sum by (${NODE}) (rate(${ownSeries.PROCESS_CPU}{${here}}[$__rate_interval]))`, legend: node },
    ),
  )
  .withPanel(
    timeseries(
      { title: 'Resident memory', description: 'By node.', unit: 'bytes', width: 12 },
      { expr: `max by (${NODE}) (${ownSeries.PROCESS_RSS}{${here}})`, legend: node },
    ),
  )
  .withPanel(
    timeseries(
      { title: 'Event loop late', description: 'The 99th percentile. Above a second, a scrape may time out.', unit: 's', width: 12 },
      { expr: `max by (${NODE}) (${ownSeries.EVENT_LOOP_DELAY_P99}{${here}})`, legend: node },
    ),
  )
  .withPanel(
    timeseries(
      { title: 'Configuration refused', description: '1 while a node runs on what its files said before.', unit: 'short', width: 12 },
      { expr: `1 - min by (${NODE}) (${ownSeries.CONFIGURATION_CURRENT}{${here}})`, legend: node },
    ),
  )
  .withRow(new RowBuilder('Exporters'))
  .withPanel(
    timeseries(
      {
        title: 'Queue',
        description:
          'What waits, as a share of what may wait in memory: the fullest of all nodes. A snapshot of metrics takes the place of the one before it, whatever the limit.',
        unit: 'percentunit',
        width: 12,
      },
      {
        expr: `max by (${end}) (${ownSeries.EXPORTER_QUEUE_SIZE}{${here}} / ${ownSeries.EXPORTER_QUEUE_CAPACITY}{${here}})`,
        legend: ofEnd,
      },
    ),
  )
  .withPanel(
    timeseries(
      { title: 'Sent', description: 'Points, spans and records that backends have taken, by exporter and signal.', unit: 'cps', width: 12 },
      { expr: rateOf('SENT'), legend: ofEnd },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Given up',
        description: 'What is gone: dropped, since there was no room in the queue, and refused, since the backend said no.',
        unit: 'cps',
        width: 12,
      },
      { expr: rateOf('ENQUEUE_FAILED'), legend: `${ofEnd} dropped` },
      { expr: rateOf('SEND_FAILED'), legend: `${ofEnd} refused` },
    ),
  )
  .withPanel(
    timeseries(
      {
        title: 'Retries',
        description: 'Attempts that failed and were made again. That they rise means an outage, no loss yet.',
        unit: 'cps',
        width: 12,
      },
      { expr: `sum by (${end}) (rate(${ownSeries.EXPORTER_RETRIES}{${here}}[$__rate_interval]))`, legend: ofEnd },
    ),
  );
