import type { Attributes, RpcClient } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';

/** Of what an rpc client talks to; none while it is not known. */
export const serverAttributes = (server: RpcClient['server']): Attributes => {
  if (server === undefined) return {};
  return {
    [attribute.SERVER_ADDRESS]: server.name || server.address,
    // 0 for what has no ports, such as a local socket.
    ...(server.port === 0 ? {} : { [attribute.SERVER_PORT]: server.port }),
    [attribute.NETWORK_TRANSPORT]: server.transport,
  };
};
