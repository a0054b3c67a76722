/** What every point of a metric has in common. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'histogram' | 'counter' | 'gauge';
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
  /** Of a gauge: what its value is over several series. Absent: the largest. */
  readonly join?: 'sum' | 'min' | 'max';
}

/** Every metric nfscope emits. docs/telemetry.md is generated from this table. */
export const metric = {
  IO_DURATION: {
    name: 'nfs.io.duration',
    type: 'histogram',
    unit: 's',
    description: 'Time of one RPC attempt from the start of its task to its end, as mountstats counts it in "execute".',
  },
  IO_RTT: {
    name: 'nfs.io.rtt',
    type: 'histogram',
    unit: 's',
    description:
      'Time from sending an RPC to its reply: network and server. Buckets for READ, WRITE and COMMIT, sum and count for the rest.',
  },
  IO_QUEUE: {
    name: 'nfs.io.queue',
    type: 'histogram',
    unit: 's',
    description: 'Time an RPC waited in the client before it was sent. Buckets for READ, WRITE and COMMIT, sum and count for the rest.',
  },
  IO_SIZE: {
    name: 'nfs.io.size',
    type: 'histogram',
    unit: 'By',
    description: 'Payload that a successful READ or WRITE returned; its sum is the throughput.',
  },
  IO_WIRE: { name: 'nfs.io.wire', type: 'counter', unit: 'By', description: 'RPC bytes sent and received, headers included.' },
  IO_RETRANSMITS: {
    name: 'nfs.io.retransmits',
    type: 'counter',
    unit: '{retransmit}',
    description: 'RPCs sent again because no reply came.',
  },
  IO_TIMEOUTS: { name: 'nfs.io.timeouts', type: 'counter', unit: '{timeout}', description: 'Major timeouts of RPCs.' },
  IO_DIRECT: {
    name: 'nfs.io.direct',
    type: 'counter',
    unit: 'By',
    description: 'Payload of READ and WRITE that went past the page cache (O_DIRECT). It is part of nfs.io.size.',
  },
  IO_VFS_CALLS: {
    name: 'nfs.io.vfs.calls',
    type: 'counter',
    unit: '{call}',
    description:
      'The application’s side: what was asked of the page cache of a mount, by nfs.io.vfs.call. Not operations: most are answered without one, and what is opened with O_DIRECT is not among them.',
  },
  IO_VFS_PAYLOAD: {
    name: 'nfs.io.vfs.payload',
    type: 'counter',
    unit: 'By',
    description:
      'Bytes that those calls moved between applications and the page cache. Not traffic: that is nfs.io.size, and the two together tell cache hits and amplification. Faults move a page each, which is not counted here.',
  },
  IO_INFLIGHT: {
    name: 'nfs.io.inflight',
    type: 'gauge',
    unit: '{operation}',
    join: 'sum',
    description:
      'Operations that were sent or wait to be, and have not ended. 0 for five minutes after the last one ended, then gone until there is one again.',
  },
  IO_INFLIGHT_AGE: {
    name: 'nfs.io.inflight.age',
    type: 'gauge',
    unit: 's',
    description: 'Time since the oldest operation in flight began; it grows while a server does not answer. 0 when there is none.',
  },
  IO_SHARE: {
    name: 'nfs.io.share',
    type: 'gauge',
    unit: '1',
    description:
      'Which part of the work of this node on an export a workload caused, lately, by nfs.io.share.of. The parts of an export add up to 1. Only where workloads of Kubernetes are known.',
  },
  IO_COVERAGE: {
    name: 'nfs.io.coverage',
    type: 'gauge',
    unit: '1',
    join: 'min',
    description:
      'Share of the operations mountstats has of a mount that nfscope counted under its export, with an owner; with nfs.io.coverage.reason, the share that it did not, and why. The shares of a mount add up to 1. Operations that are missing though they should not be (missed_runs, unknown) have their name.',
  },
  MOUNT_INFO: {
    name: 'nfs.mount.info',
    type: 'gauge',
    unit: '{mount}',
    description: 'Is 1 for each mount that the node itself sees, with what it was mounted with as attributes.',
  },
  MOUNT_HEALTH: {
    name: 'nfs.mount.health',
    type: 'gauge',
    unit: '{mount}',
    description:
      'Is 1 for the state that a mount is in with the rule that set it, and 0 for all others: they are always there, so that a change is one of values. No file of the mount is touched for it: one that nobody uses is ok, or stale as long as nobody proves otherwise.',
  },
  TRANSPORT_CONNECTIONS: {
    name: 'nfs.transport.connections',
    type: 'gauge',
    unit: '{connection}',
    join: 'sum',
    description: 'Connections to a server that mounts share: nconnect.',
  },
  TRANSPORT_CONNECTS: {
    name: 'nfs.transport.connects',
    type: 'counter',
    unit: '{connect}',
    description: 'Times a connection was made.',
  },
  TRANSPORT_RECONNECTS: {
    name: 'nfs.transport.reconnects',
    type: 'counter',
    unit: '{connect}',
    description: 'Times a connection was made after the first.',
  },
  TRANSPORT_BINDS: {
    name: 'nfs.transport.binds',
    type: 'counter',
    unit: '{bind}',
    description: 'Times the port of the server was asked for at its portmapper.',
  },
  TRANSPORT_SENDS: {
    name: 'nfs.transport.sends',
    type: 'counter',
    unit: '{request}',
    description: 'RPCs sent, each time anew.',
  },
  TRANSPORT_RECEIVES: {
    name: 'nfs.transport.receives',
    type: 'counter',
    unit: '{reply}',
    description: 'Replies received that an RPC waited for.',
  },
  TRANSPORT_BAD_XIDS: {
    name: 'nfs.transport.bad_xids',
    type: 'counter',
    unit: '{reply}',
    description: 'Replies received that no RPC waited for: late, or twice.',
  },
  TRANSPORT_SLOTS: {
    name: 'nfs.transport.slots',
    type: 'gauge',
    unit: '{slot}',
    description: 'The most slots that were in use at once: RPCs under way or about to be.',
  },
  TRANSPORT_BACKLOG: {
    name: 'nfs.transport.backlog',
    type: 'counter',
    unit: '{request}',
    description: 'RPCs that waited for a slot, added up over all sends; divided by the sends, the mean length of that queue.',
  },
  TRANSPORT_SENDING: {
    name: 'nfs.transport.sending',
    type: 'counter',
    unit: '{request}',
    description: 'RPCs that waited to be sent, added up over all sends.',
  },
  TRANSPORT_PENDING: {
    name: 'nfs.transport.pending',
    type: 'counter',
    unit: '{request}',
    description: 'RPCs that waited for their reply, added up over all sends.',
  },
  LOST: {
    name: 'nfscope.lost',
    type: 'counter',
    unit: '{record}',
    description:
      'Records the kernel side could not keep: events and identities without room in their ring, operations without a row of their own, operations in flight beyond the 4096 that are looked at, program runs the kernel skipped. Lost events change no other metric.',
  },
  PROGRAM_ATTACHED: {
    name: 'nfscope.program.attached',
    type: 'gauge',
    unit: '1',
    join: 'min',
    description: 'Is 1 while a program is attached to its hook; 0 while no NFS is mounted, or where this kernel does not let it.',
  },
  PROGRAM_MISSED: {
    name: 'nfscope.program.missed',
    type: 'counter',
    unit: '{run}',
    description: 'Runs of a program that the kernel skipped since it was attached, by hook.',
  },
  PROGRAM_RUNS: {
    name: 'nfscope.program.runs',
    type: 'counter',
    unit: '{run}',
    description: 'Runs of a program, by hook; where the kernel counts them (`sysctl kernel.bpf_stats_enabled=1`).',
  },
  PROGRAM_RUN_TIME: {
    name: 'nfscope.program.run_time',
    type: 'counter',
    unit: 's',
    description: 'Time that the runs of a program took, by hook; where the kernel counts it.',
  },
  // Names of the Collector’s k8s_attributes.
  K8S_POD_ADDED: {
    name: 'otelcol_otelsvc_k8s_pod_added',
    type: 'counter',
    unit: '{pod}',
    description: 'Pods that were heard of for the first time, by the source of identity that told.',
  },
  K8S_POD_UPDATED: {
    name: 'otelcol_otelsvc_k8s_pod_updated',
    type: 'counter',
    unit: '{pod}',
    description: 'Pods that changed, by the source of identity that told.',
  },
  K8S_POD_DELETED: {
    name: 'otelcol_otelsvc_k8s_pod_deleted',
    type: 'counter',
    unit: '{pod}',
    description: 'Pods that went away, by the source of identity that told.',
  },
  K8S_NAMESPACE_ADDED: {
    name: 'otelcol_otelsvc_k8s_namespace_added',
    type: 'counter',
    unit: '{namespace}',
    description: 'Namespaces that were heard of for the first time, by the source of identity that told.',
  },
  K8S_NAMESPACE_UPDATED: {
    name: 'otelcol_otelsvc_k8s_namespace_updated',
    type: 'counter',
    unit: '{namespace}',
    description: 'Namespaces that changed, by the source of identity that told.',
  },
  K8S_NAMESPACE_DELETED: {
    name: 'otelcol_otelsvc_k8s_namespace_deleted',
    type: 'counter',
    unit: '{namespace}',
    description: 'Namespaces that went away, by the source of identity that told.',
  },
  K8S_NODE_ADDED: {
    name: 'otelcol_otelsvc_k8s_node_added',
    type: 'counter',
    unit: '{node}',
    description: 'Nodes that were heard of for the first time, by the source of identity that told.',
  },
  K8S_NODE_UPDATED: {
    name: 'otelcol_otelsvc_k8s_node_updated',
    type: 'counter',
    unit: '{node}',
    description: 'Nodes that changed, by the source of identity that told.',
  },
  K8S_NODE_DELETED: {
    name: 'otelcol_otelsvc_k8s_node_deleted',
    type: 'counter',
    unit: '{node}',
    description: 'Nodes that went away, by the source of identity that told.',
  },
  K8S_POD_TABLE_SIZE: {
    name: 'otelcol_otelsvc_k8s_pod_table_size',
    type: 'gauge',
    unit: '{pod}',
    join: 'sum',
    description: 'Pods that are known, by the source of identity that told.',
  },
  K8S_ASSOCIATION_SUCCESS: {
    name: 'otelcol_processor_k8sattributes_pod_association_success',
    type: 'counter',
    unit: '{lookup}',
    description: 'Times that somebody was found for a cgroup that may be a container’s.',
  },
  K8S_ASSOCIATION_ERROR: {
    name: 'otelcol_processor_k8sattributes_pod_association_error',
    type: 'counter',
    unit: '{lookup}',
    description: 'Times that nobody was, yet or at all.',
  },
  // Of names no other component has.
  IDENTITY_OBJECTS: {
    name: 'nfscope.identity.objects',
    type: 'gauge',
    unit: '{object}',
    join: 'sum',
    description: 'Things other than pods that are known: containers without a pod, namespaces, nodes, volumes, claims.',
  },
  IDENTITY_LISTS: {
    name: 'nfscope.identity.lists',
    type: 'counter',
    unit: '{list}',
    description:
      'Whole lists that a source of identity gave. One that watches gives few: many mean that its watch is lost again and again.',
  },
  IDENTITY_LIST_AGE: {
    name: 'nfscope.identity.list.age',
    type: 'gauge',
    unit: 's',
    description: 'Time since the last whole list. Of a source that watches it grows while all is well.',
  },
} as const satisfies Record<string, MetricDefinition>;
