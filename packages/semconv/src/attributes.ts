/** Attribute names: OpenTelemetry's registry where it has one, `nfs.*` of our own where it has none. */
export const attribute = {
  // OpenTelemetry semantic conventions 1.44
  CONTAINER_ID: 'container.id',
  ERROR_TYPE: 'error.type',
  HOST_NAME: 'host.name',
  K8S_CONTAINER_NAME: 'k8s.container.name',
  K8S_NAMESPACE_NAME: 'k8s.namespace.name',
  K8S_NODE_NAME: 'k8s.node.name',
  K8S_POD_NAME: 'k8s.pod.name',
  K8S_POD_UID: 'k8s.pod.uid',
  NETWORK_IO_DIRECTION: 'network.io.direction',
  NETWORK_TRANSPORT: 'network.transport',
  NFS_OPERATION_NAME: 'nfs.operation.name',
  ONC_RPC_VERSION: 'onc_rpc.version',
  PROCESS_LINUX_CGROUP: 'process.linux.cgroup',
  SERVER_ADDRESS: 'server.address',
  SERVER_PORT: 'server.port',
  // ours
  NFS_EXPORT_PATH: 'nfs.export.path',
  NFS_IO_CHARGE: 'nfs.io.charge',
  NFS_IO_OWNER: 'nfs.io.owner',
  NFSCOPE_LOST_KIND: 'nfscope.lost.kind',
} as const;

export type AttributeName = (typeof attribute)[keyof typeof attribute];
