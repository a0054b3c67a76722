import type { Attributes, Operation, RpcClient } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';

/** An operation of v4, by its place in the list of a batch. */
export const nfs = (name: string, index: number, kind: Operation['kind']): Operation => ({
  index,
  name,
  program: 100003,
  version: 4,
  kind,
});

/** An export, and the client that a node has for its server. */
export interface Place {
  readonly client: RpcClient;
  readonly attributes: Attributes;
}

/** `id` tells servers apart. */
export const place = (id: number, name: string, path: string): Place => ({
  client: {
    ...{ id: 65536 + id, program: 100003, version: 4, parents: [] },
    server: { address: `192.0.2.${id}`, port: 2049, transport: 'tcp', name },
  },
  attributes: Object.freeze({
    [attribute.SERVER_ADDRESS]: name,
    [attribute.SERVER_PORT]: 2049,
    [attribute.NETWORK_TRANSPORT]: 'tcp',
    [attribute.NFS_EXPORT_PATH]: path,
  }),
});

/** The resource of a pod that `owner` made. */
export const pod = (namespace: string, name: string, owner: Attributes): Attributes => ({
  [attribute.K8S_NAMESPACE_NAME]: namespace,
  [attribute.K8S_POD_NAME]: name,
  [attribute.NFS_IO_OWNER]: 'container',
  ...owner,
});
