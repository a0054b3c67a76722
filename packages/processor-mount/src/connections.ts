import type { Attributes, Connection, Superblock } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import type { AccountsByDevice } from './mount-accounts.ts';
import { serverAttributes } from './server-attributes.ts';

/** Numbers the connections of each server, and tells what the kernel counted of them. */
export type Connections = (superblocks: readonly Superblock[], accounts: AccountsByDevice, timeMs: number) => Connection[];

interface Known {
  readonly attributes: Attributes;
  readonly startMs: number;
  /** Server, version and transport. */
  readonly of: string;
  readonly number: number;
}

/** All mounts that share the client of a server share its transports, and mountstats has them with each of these mounts. */
export const followConnections = (): Connections => {
  let known = new Map<string, Known>();

  return (superblocks, accounts, timeMs) => {
    const connections: Connection[] = [];
    const now = new Map<string, Known>();
    for (const { device, client } of superblocks) {
      const account = accounts.get(device);
      if (account === undefined) continue;
      const server = client.parents.at(-1) ?? client.id;
      for (const [place, transport] of account.transports.entries()) {
        const key = `${server} ${place}`;
        if (now.has(key)) continue;
        const at: Attributes = { ...serverAttributes(client.server), [attribute.ONC_RPC_VERSION]: client.version };
        const of = JSON.stringify(at);
        let one = known.get(key);
        if (one?.of !== of) {
          // Two clients of one server (of two network namespaces, say) go on where the other ends.
          const taken = new Set([...known.values(), ...now.values()].filter((other) => other.of === of).map(({ number }) => number));
          let number = 0;
          while (taken.has(number)) number++;
          const attributes = Object.freeze({ ...at, [attribute.NFS_TRANSPORT_CONNECTION]: number });
          one = { attributes, startMs: timeMs - account.age * 1000, of, number };
        }
        now.set(key, one);
        connections.push({ ...transport, attributes: one.attributes, startMs: one.startMs });
      }
    }
    known = now;
    return connections;
  };
};
