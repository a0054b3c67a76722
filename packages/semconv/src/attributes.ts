/** Attribute names: OpenTelemetry's registry where it has one, `nfs.*` of our own where it has none. */
export const attribute = {
  // OpenTelemetry semantic conventions 1.44
  CONTAINER_ID: 'container.id',
  CONTAINER_IMAGE_NAME: 'container.image.name',
  CONTAINER_IMAGE_REPO_DIGESTS: 'container.image.repo_digests',
  CONTAINER_IMAGE_TAGS: 'container.image.tags',
  CONTAINER_NAME: 'container.name',
  ERROR_TYPE: 'error.type',
  HOST_NAME: 'host.name',
  K8S_CLUSTER_UID: 'k8s.cluster.uid',
  K8S_CONTAINER_NAME: 'k8s.container.name',
  K8S_CONTAINER_RESTART_COUNT: 'k8s.container.restart_count',
  K8S_CRONJOB_NAME: 'k8s.cronjob.name',
  K8S_CRONJOB_UID: 'k8s.cronjob.uid',
  K8S_DAEMONSET_NAME: 'k8s.daemonset.name',
  K8S_DAEMONSET_UID: 'k8s.daemonset.uid',
  K8S_DEPLOYMENT_NAME: 'k8s.deployment.name',
  K8S_DEPLOYMENT_UID: 'k8s.deployment.uid',
  K8S_JOB_NAME: 'k8s.job.name',
  K8S_JOB_UID: 'k8s.job.uid',
  K8S_NAMESPACE_NAME: 'k8s.namespace.name',
  K8S_NODE_NAME: 'k8s.node.name',
  K8S_NODE_UID: 'k8s.node.uid',
  K8S_PERSISTENTVOLUME_NAME: 'k8s.persistentvolume.name',
  K8S_PERSISTENTVOLUMECLAIM_NAME: 'k8s.persistentvolumeclaim.name',
  K8S_POD_HOSTNAME: 'k8s.pod.hostname',
  K8S_POD_IP: 'k8s.pod.ip',
  K8S_POD_NAME: 'k8s.pod.name',
  K8S_POD_START_TIME: 'k8s.pod.start_time',
  K8S_POD_UID: 'k8s.pod.uid',
  K8S_REPLICASET_NAME: 'k8s.replicaset.name',
  K8S_REPLICASET_UID: 'k8s.replicaset.uid',
  K8S_STATEFULSET_NAME: 'k8s.statefulset.name',
  K8S_STATEFULSET_UID: 'k8s.statefulset.uid',
  K8S_STORAGECLASS_NAME: 'k8s.storageclass.name',
  NETWORK_IO_DIRECTION: 'network.io.direction',
  NETWORK_TRANSPORT: 'network.transport',
  NFS_OPERATION_NAME: 'nfs.operation.name',
  ONC_RPC_PROCEDURE_NAME: 'onc_rpc.procedure.name',
  ONC_RPC_PROGRAM_NAME: 'onc_rpc.program.name',
  ONC_RPC_VERSION: 'onc_rpc.version',
  OTEL_METRIC_OVERFLOW: 'otel.metric.overflow',
  PROCESS_ENVIRONMENT_VARIABLE: 'process.environment_variable',
  PROCESS_LINUX_CGROUP: 'process.linux.cgroup',
  SERVER_ADDRESS: 'server.address',
  SERVER_PORT: 'server.port',
  SERVICE_INSTANCE_ID: 'service.instance.id',
  SERVICE_NAME: 'service.name',
  SERVICE_NAMESPACE: 'service.namespace',
  SERVICE_VERSION: 'service.version',
  // the Collector’s k8s_attributes
  CONTAINER_IMAGE_TAG: 'container.image.tag',
  // ours
  NFS_EXPORT_PATH: 'nfs.export.path',
  NFS_IO_CHARGE: 'nfs.io.charge',
  NFS_IO_COVERAGE_REASON: 'nfs.io.coverage.reason',
  NFS_IO_OWNER: 'nfs.io.owner',
  NFS_IO_VFS_CALL: 'nfs.io.vfs.call',
  NFS_MOUNT_ACCESS: 'nfs.mount.access',
  NFS_MOUNT_CAPABILITIES: 'nfs.mount.capabilities',
  NFS_MOUNT_FLAGS: 'nfs.mount.flags',
  NFS_MOUNT_NCONNECT: 'nfs.mount.nconnect',
  NFS_MOUNT_PROTOCOL: 'nfs.mount.protocol',
  NFS_MOUNT_RECOVERY: 'nfs.mount.recovery',
  NFS_MOUNT_RETRANS: 'nfs.mount.retrans',
  NFS_MOUNT_RSIZE: 'nfs.mount.rsize',
  NFS_MOUNT_RULE: 'nfs.mount.rule',
  NFS_MOUNT_SECURITY: 'nfs.mount.security',
  NFS_MOUNT_STATE: 'nfs.mount.state',
  NFS_MOUNT_TIMEO: 'nfs.mount.timeo',
  NFS_MOUNT_VERSION: 'nfs.mount.version',
  NFS_MOUNT_WSIZE: 'nfs.mount.wsize',
  NFS_TRANSPORT_CONNECTION: 'nfs.transport.connection',
  NFSCOPE_IDENTITY_KIND: 'nfscope.identity.kind',
  NFSCOPE_IDENTITY_SOURCE: 'nfscope.identity.source',
  NFSCOPE_LOST_KIND: 'nfscope.lost.kind',
  NFSCOPE_PROGRAM_HOOK: 'nfscope.program.hook',
  NFSCOPE_PROGRAM_TYPE: 'nfscope.program.type',
} as const;

/** A label or an annotation of an object, `k8s.pod.label.app`. */
export const k8sText = (object: 'pod' | 'namespace' | 'node', kind: 'label' | 'annotation', key: string): string =>
  `k8s.${object}.${kind}.${key}`;

/** Any name that nfscope gives an attribute. */
export type AttributeName = (typeof attribute)[keyof typeof attribute];

/** What the attributes mean that OpenTelemetry's registry has not. docs/telemetry.md is generated from this table. */
export const ownAttributes = {
  'container.image.tag': 'Tag of the image a container was made of; the name that the Collector’s k8s_attributes had for it first.',
  'nfs.export.path': 'Path of the export on the server, as it was mounted. Absent on what belongs to a server as a whole.',
  'nfs.io.charge':
    'The rule that decided who pays for the operation: opener (who opened the file; buffered writes), page (whose page cache it was; buffered writes through a file opened before nfscope started), submitter (who sent it), system (a kernel thread, for nobody), other (the table was full), unknown (it began before nfscope did).',
  'nfs.io.coverage.reason':
    'Why operations of a mount are not under its export with an owner; absent on those that are. attached_late: before nfscope counted. parent_client: of the server’s own client, which mountstats repeats on each of its mounts and nfscope shows once, without an export. map_full: counted without an owner, since the table of totals was full. missed_runs: not counted, as the kernel skipped runs of the program. unknown: not counted, and nothing says why.',
  'nfs.io.owner':
    'What the one who pays is: container, cgroup (one that is no container), system, other or unknown. All are there, so that sums are complete.',
  'nfs.io.vfs.call':
    'What an application asked of the page cache: read and write (of every kind: readv, pread, io_uring), splice (sendfile too), fault (a mapped page that was not mapped yet; one that the kernel mapped along with its neighbour is none), write_fault (a mapped page that is to be written for the first time since it was last flushed).',
  'nfs.mount.access': 'rw or ro.',
  'nfs.mount.capabilities': 'Bits of what client and server can do together, as mountstats has them in caps.',
  'nfs.mount.flags':
    'The other options of the mount that are known, in the order of the alphabet: sync, noac, nolock, nosharecache, acregmin=3, local_lock=none and the like.',
  'nfs.mount.nconnect': 'Connections that were asked for; 1 when none were.',
  'nfs.mount.protocol': 'The option proto: tcp, tcp6, udp, udp6, rdma or rdma6.',
  'nfs.mount.recovery': 'What becomes of an operation without an answer: hard (tried for ever), soft or softerr (fails).',
  'nfs.mount.retrans': 'Times that an operation is sent again before a major timeout.',
  'nfs.mount.rsize': 'Bytes that a READ may ask for.',
  'nfs.mount.rule':
    'What set the state. operations: none of the others holds. reply_time: operations that ended took mount_health.slow from sending to reply, in the mean. overdue: an operation has been in flight for mount_health.stuck; the state is slow while others of the mount succeed, and stuck when none has for as long. stale_handles: most operations that ended failed with ESTALE.',
  'nfs.mount.security': 'Security flavor: sys, krb5, krb5i, krb5p.',
  'nfs.mount.state':
    'How a mount fares, by its operations that ended in mount_health.window and those in flight: ok, slow, stuck or stale. Of several that hold, the last named.',
  'nfs.mount.timeo': 'Tenths of a second to the first retransmit.',
  'nfs.mount.version': 'Version of NFS with its minor version, such as 4.2.',
  'nfs.mount.wsize': 'Bytes that a WRITE may carry.',
  'nfs.transport.connection': 'Which of the connections to a server (nconnect) it is, from 0; it stays when the connection is made anew.',
  'nfscope.identity.kind':
    'What was told of: pod, container (one without a pod), namespace, node, persistentvolume, persistentvolumeclaim.',
  'nfscope.identity.source': 'Who told it: api, cri, docker, logs, or file (`pods_file`).',
  'nfscope.lost.kind':
    'What was lost: event (a single operation), identity (the name of a cgroup or rpc client), row (the owner of an operation; it is counted under other), task (an operation in flight beyond those that are looked at, each second), run (a run of a program that the kernel skipped: an operation, or who opened a file).',
  'nfscope.program.hook': 'The place in the kernel where a program of nfscope is called, such as rpc_task_end.',
  'nfscope.program.type': 'How it is called: raw_tracepoint, kprobe.multi, kprobe, fexit or fentry. Absent while it is not attached.',
} as const satisfies { readonly [name in AttributeName]?: string };
