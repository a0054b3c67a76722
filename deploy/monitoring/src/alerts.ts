import { record } from './recording-rules.ts';
import { CLUSTER, label, NODE, ofAnySignal, ownSeries, series } from './series.ts';

/** What wakes somebody up, and what that person should know: docs/runbooks has a page of each. */
export interface Alert {
  readonly name: string;
  /** critical: people wait now. warning: look at it today. */
  readonly severity: 'critical' | 'warning';
  readonly expr: string;
  /** How long it has to hold. */
  readonly for: string;
  /** One line, with the labels of the series. */
  readonly summary: string;
  readonly meaning: string;
  readonly look: readonly string[];
  readonly mend: readonly string[];
}

const place = `${CLUSTER}, ${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}`;
const pod = `${CLUSTER}, ${label.K8S_NAMESPACE_NAME}, ${label.K8S_POD_NAME}`;
const atPlace = `{{ $labels.${label.SERVER_ADDRESS} }}:{{ $labels.${label.NFS_EXPORT_PATH} }}`;
const ofPod = `{{ $labels.${label.K8S_NAMESPACE_NAME} }}/{{ $labels.${label.K8S_POD_NAME} }}`;
/** Answers that are no fault: programs ask whether a file is there. */
const ANSWERS = 'ENOENT|EEXIST|ENOTEMPTY|ENODATA|EACCES|EAGAIN|NFS4ERR_NOENT|NFS4ERR_EXIST|NFS4ERR_DELAY|NFS3ERR_JUKEBOX';
const MOVES = 'READ|READ_PLUS|WRITE|COMMIT';
const exporter = `${CLUSTER}, ${NODE}, exporter, otel_signal`;
const rose = (selector: string): string => `sum by (${exporter}) (increase(${selector}[15m])) > 0`;
/** Kubernetes Events are log records, and have no signal of their own. */
const forbidden = `label_replace(${rose(`${ownSeries.K8S_EVENTS_REFUSED}{reason="forbidden"}`)}, "otel_signal", "logs", "", "")`;

export const alerts: readonly Alert[] = [
  {
    name: 'NasServerNotAnswering',
    severity: 'critical',
    expr: `max by (${place}) (${series.IO_INFLIGHT_AGE}) > 60`,
    for: '1m',
    summary: `${atPlace} has not answered an operation for {{ $value | humanizeDuration }}`,
    meaning:
      'An operation has been in flight for more than a minute. On a hard mount its process waits, cannot be killed but by SIGKILL, and everything that touches the mount queues up behind it.',
    look: [
      'Dashboard *Stuck now*, table *Who waits*: pods of all nodes wait for one server: the server, or the way to it, is down. One node alone: its network. One pod alone: see NasPodStuckOps.',
      'On a node: `nfscope doctor`, and `ss -tni dport = :2049` for connections that send again and again.',
      'On the server: is nfsd alive, are its threads all busy, is its disk or its lease recovery what it waits for?',
    ],
    mend: [
      'Bring the server or the network back: operations of hard mounts go on by themselves, and nothing is lost.',
      'Do not unmount by force and do not delete pods by force before that: they come back as processes in state D.',
    ],
  },
  {
    name: 'NasPodStuckOps',
    severity: 'warning',
    expr: `max by (${pod}, ${label.NFS_OPERATION_NAME}, ${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}) (${series.IO_INFLIGHT_AGE}{${label.K8S_POD_NAME}!=""}) > 30`,
    for: '1m',
    summary: `{{ $labels.${label.NFS_OPERATION_NAME} }} of ${ofPod} waits for ${atPlace} since {{ $value | humanizeDuration }}`,
    meaning: 'One pod has an operation in flight for more than half a minute.',
    look: [
      'Does NasServerNotAnswering fire for the same export? Then it is not the pod.',
      'Which operation: LOCK waits for another holder, which is no fault of the server. OPEN may wait for a delegation that another client has to give back. WRITE and COMMIT wait for disks.',
      '`nfscope top` on the node of the pod shows the process and the file.',
    ],
    mend: [
      'Find the holder of the lock or delegation by the file, or mend the server. A restart of the pod helps only where the pod is the holder.',
    ],
  },
  {
    name: 'NasLatencyHigh',
    severity: 'warning',
    expr: `${record.latency} > 3 * ${record.usualLatency} and ${record.latency} > 0.05`,
    for: '15m',
    summary: `The p99 of ${atPlace} is {{ $value | humanizeDuration }}, more than three times what it usually is`,
    meaning: 'The slowest hundredth of the operations takes more than three times the mean of the last seven days, and more than 50 ms.',
    look: [
      'Dashboard *Why slow*: queue high: the client sends all it may. RTT high: network or server. Retransmits: loss.',
      'Dashboard *Who*, panel *Share of the server’s time*: did one workload take more of it at the same time? See NasNoisyNeighbour.',
    ],
    mend: ['By what it was: `nconnect` for the queue, the neighbour for a busy server, the network for retransmits.'],
  },
  {
    name: 'NasErrorRatio',
    severity: 'warning',
    expr: `sum by (${place}) (${record.errors}{${label.ERROR_TYPE}!~"${ANSWERS}"}) / sum by (${place}) (${record.operations}) > 0.05`,
    for: '10m',
    summary: `{{ $value | humanizePercentage }} of the operations on ${atPlace} fail`,
    meaning: 'More than a twentieth of the operations end with an error that is no mere answer, such as that a file is not there.',
    look: [
      'Dashboard *Why slow*, panel *Errors*: which. ESTALE: files were removed or the export was made anew below its users. EIO and ETIMEDOUT: a soft mount gave up. ENOSPC and EDQUOT: full. EPERM, EROFS: the export.',
      'Dashboard *Who*: one pod, or all of them?',
    ],
    mend: ['ESTALE of a mount itself goes away only by mounting it again: delete the pods that use it, so that kubelet unmounts it.'],
  },
  {
    name: 'NasRetransmits',
    severity: 'warning',
    expr: `sum by (${place}) (rate(${series.IO_RETRANSMITS}[5m])) / sum by (${place}) (rate(${series.IO_DURATION}_count[5m])) > 0.01`,
    for: '10m',
    summary: `{{ $value | humanizePercentage }} of the operations on ${atPlace} were sent again`,
    meaning:
      'More than one in a hundred RPCs had no reply in time and was sent again. Over TCP that is not loss of a packet but of a connection, or a server that stands still.',
    look: [
      'Panel *Reconnects* of *Stuck now*: connections that break. A firewall that forgets idle connections does that.',
      'One node alone: its network card. All nodes: the server.',
    ],
    mend: ['Mend the network, or give the server more threads. Do not lower `timeo`: it makes more retransmits.'],
  },
  {
    name: 'NasOtherOpsStorm',
    severity: 'warning',
    expr: `sum by (${pod}, ${label.SERVER_ADDRESS}) (${record.operations}{${label.K8S_POD_NAME}!="", ${label.NFS_OPERATION_NAME}!~"${MOVES}"}) > 1000 and sum by (${pod}, ${label.SERVER_ADDRESS}) (${record.operations}{${label.K8S_POD_NAME}!="", ${label.NFS_OPERATION_NAME}!~"${MOVES}"}) / sum by (${pod}, ${label.SERVER_ADDRESS}) (${record.operations}{${label.K8S_POD_NAME}!=""}) > 0.8`,
    for: '15m',
    summary: `${ofPod} asks {{ $labels.${label.SERVER_ADDRESS} }} for metadata {{ $value | humanize }} times a second`,
    meaning:
      'More than 1,000 operations a second of one pod, four fifths of all it does, move no data: GETATTR, LOOKUP, ACCESS, OPEN, READDIR.',
    look: [
      'Dashboard *Why slow*, panel *Metadata by pod*, and *Who* with this pod chosen: which operation.',
      '`nfscope top` on its node: which process.',
    ],
    mend: [
      'GETATTR: a longer attribute cache (`actimeo`), or no `noac`. LOOKUP and ACCESS: programs that walk trees, such as `find`, `git status`, an antivirus, an import path with hundreds of folders.',
      'Put small read-only trees into the image or on a local disk.',
    ],
  },
  {
    name: 'NasNoisyNeighbour',
    severity: 'warning',
    expr: `sum by (${pod}, ${label.SERVER_ADDRESS}) (${record.operations}{${label.K8S_POD_NAME}!=""}) / on (${CLUSTER}, ${label.SERVER_ADDRESS}) group_left () sum by (${CLUSTER}, ${label.SERVER_ADDRESS}) (${record.operations}) > 0.5 and on (${CLUSTER}, ${label.SERVER_ADDRESS}) count by (${CLUSTER}, ${label.SERVER_ADDRESS}) (sum by (${pod}, ${label.SERVER_ADDRESS}) (${record.operations}{${label.K8S_POD_NAME}!=""}) > 0) >= 3 and on (${CLUSTER}, ${label.SERVER_ADDRESS}) sum by (${CLUSTER}, ${label.SERVER_ADDRESS}) (${record.operations}) > 500`,
    for: '15m',
    summary: `${ofPod} makes {{ $value | humanizePercentage }} of the operations on {{ $labels.${label.SERVER_ADDRESS} }}`,
    meaning:
      'One pod makes more than half of the operations of a server that at least three pods use, at more than 500 operations a second.',
    look: [
      'Is anybody hurt? *Why slow* with this server chosen: is RTT higher than before?',
      'Dashboard *Who*: since when? Panel *Share of the server’s time* adds up all nodes, so a workload of many pods is one line.',
    ],
    mend: ['Speak with its owners; give it a server, an export with a limit, or hours of its own.'],
  },
  {
    name: 'NasAgentDown',
    severity: 'critical',
    expr: `up{job=~".*nfscope.*"} == 0`,
    for: '5m',
    summary: `nfscope on {{ $labels.${NODE} }} has not been scraped for five minutes`,
    meaning:
      'Nobody counts for the pods of this node. With `pin_path` the kernel goes on counting, so that nothing is missing once the agent is back.',
    look: [
      '`kubectl -n nfscope get pods -o wide`, the log of the pod, `nfscope doctor` in it.',
      'A dead NFS server does not stop the agent; a node that does not answer does.',
    ],
    mend: ['By the code in the log: docs/errors.md.'],
  },
  {
    name: 'NasAgentDroppingEvents',
    severity: 'warning',
    expr: `sum by (${CLUSTER}, ${NODE}, ${label.NFSCOPE_LOST_KIND}) (increase(${series.LOST}[15m])) > 0`,
    for: '15m',
    summary: `nfscope on {{ $labels.${NODE} }} lost {{ $value | humanize }} records ({{ $labels.${label.NFSCOPE_LOST_KIND} }}) in 15 minutes`,
    meaning:
      'The kernel could not keep records. `event` is detail: totals are exact. `row`: the table was full, operations are counted without their owner. `run`: operations are missing, and nfs.io.coverage says of which mount.',
    look: [
      'Panel *Lost* of *Agent health*, and `nfs.io.coverage` by its reason.',
      'Is the agent short of processor time (its limit, *Event loop late*)?',
    ],
    mend: [
      '`event`: `events: slow` in the receiver, or a larger ring. `row`: a larger table (docs/configuration.md). `run`: docs/kernels.md.',
    ],
  },
  {
    name: 'NasAgentUnattributed',
    severity: 'warning',
    expr: `sum by (${CLUSTER}) (${record.payload}{${label.NFS_IO_OWNER}=~"container|unknown|other", ${label.K8S_POD_NAME}=""}) / sum by (${CLUSTER}) (${record.payload}) > 0.01`,
    for: '30m',
    summary: '{{ $value | humanizePercentage }} of the bytes on NFS have no pod',
    meaning: 'More than a hundredth of what containers move is not under the name of a pod.',
    look: [
      'Log of the agents: which source of names fails (API server, container runtime, folders of logs).',
      'Containers that are no pods, such as those of Docker, have no pod to be named by.',
    ],
    mend: ['Rights and sources: docs/names.md.'],
  },
  {
    name: 'NasCoverageGap',
    severity: 'warning',
    expr: `sum by (${CLUSTER}, ${NODE}, ${label.SERVER_ADDRESS}, ${label.NFS_EXPORT_PATH}) (${series.IO_COVERAGE}{${label.NFS_IO_COVERAGE_REASON}=~"missed_runs|unknown|map_full"}) > 0.01`,
    for: '15m',
    summary: `{{ $value | humanizePercentage }} of the operations on ${atPlace} are missing on {{ $labels.${NODE} }}`,
    meaning: 'The kernel’s own account of the mount (mountstats) has operations that nfscope has not, and that it should have.',
    look: [
      '`nfs.io.coverage.reason`, and `nfs.operation.name` beside it.',
      '`nfscope doctor` on the node: how its programs are attached; docs/kernels.md: what this kernel loses.',
    ],
    mend: [
      '`map_full`: the table of totals has no row left, and rows of pods that are gone stay in it, about a dozen a pod and mount. A larger `max_rows` (docs/configuration.md) makes it last; a restart of the agent makes a new one, after `nfscope cleanup` where `pin_path` keeps it.',
      '`missed_runs`: stop what reads BPF maps in a loop, or take a kernel where raw tracepoints can be used.',
    ],
  },
  {
    name: 'NasAgentExportFailing',
    severity: 'warning',
    expr: `${rose(`{${ofAnySignal('ENQUEUE_FAILED')}}`)} or ${rose(`{${ofAnySignal('SEND_FAILED')}}`)} or (${rose(ownSeries.EXPORTER_RETRIES)} unless ${rose(`{${ofAnySignal('SENT')}}`)}) or ${forbidden}`,
    for: '15m',
    summary: `Exporter {{ $labels.exporter }} of nfscope on {{ $labels.${NODE} }} does not get its {{ $labels.otel_signal }} to the backend`,
    meaning:
      'The backend has taken nothing for half an hour, or it says no, or what waits for it has no room. Metrics are cumulative: the first snapshot that gets through has all of them. Of spans and log records the oldest are dropped once the queue is full, and what was refused is gone.',
    look: [
      'Dashboard *Agent health*, row *Exporters*. *Retries* rises: the backend does not answer. *Given up* rises as well: the queue is full, or the backend refuses.',
      'Log of the agent: one line when it began, with the error. One node alone: its network. All of them: the backend.',
    ],
    mend: [
      'Away: bring it back, and what waits goes out by itself. Until then a larger `sending_queue::queue_size`, or `sending_queue::storage`, keeps more; a reload loses nothing of what waits.',
      'Refused: its token, its certificate, its limits, by what the log says. docs/outages.md has all of it.',
      'Kubernetes Events that are forbidden: the rights of deploy/kubernetes/rbac-events.yaml.',
    ],
  },
  {
    name: 'NasAgentConfigurationRefused',
    severity: 'warning',
    expr: `${ownSeries.CONFIGURATION_CURRENT} == 0`,
    for: '10m',
    summary: `nfscope on {{ $labels.${NODE} }} refused its configuration and goes on with the one before`,
    meaning: 'A reload found something wrong in the files. What ran before still runs, and will not start again after a restart.',
    look: ['Log of the agent: line, column and the nearest right key. `nfscope validate --config FILE` says the same.'],
    mend: ['Mend the file; the agent takes it by itself.'],
  },
];
