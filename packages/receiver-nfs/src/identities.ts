import { nfsCgroup, nfsClient, nfsIdentity, type Cgroup, type RpcClient } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { trackFiles, type TrackedFiles } from './files.ts';
import { trackJobs, type Jobs } from './jobs.ts';
import { pathText } from './path-text.ts';
import { decodeProcess, trackProcesses, type TrackedProcesses } from './processes.ts';

/** What the identity ring has told so far. */
export interface Identities {
  readonly cgroups: ReadonlyMap<number, Cgroup>;
  readonly clients: ReadonlyMap<number, RpcClient>;
  readonly processes: TrackedProcesses;
  readonly files: TrackedFiles;
  readonly jobs: Jobs;
  /** Takes in records of the ring; returns the ids that are new. */
  take(records: Uint8Array): { readonly cgroups: readonly number[]; readonly clients: readonly number[] };
}

const text = new TextDecoder();
const UNSPECIFIED = 'unspecified';
const none = new Uint8Array(0);

/** IPPROTO_*, and XPRT_TRANSPORT_RDMA, TLS and local sockets of include/linux/sunrpc/xprt.h. */
const transports: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 256: 'rdma', 257: 'unix', 258: 'tcp' };

/** Empties the identity ring. */
export function readIdentityRecords(session: Session): () => Uint8Array {
  const buffer = new Uint8Array(1 << 16);
  return () => {
    let all = none;
    for (let used = session.records('identities', buffer); used > 0; used = session.records('identities', buffer)) {
      const longer = new Uint8Array(all.length + used);
      longer.set(all);
      longer.set(buffer.subarray(0, used), all.length);
      all = longer;
    }
    return all;
  };
}

/** The records of a ring, each without its header and padding. */
export function* eachRecord(records: Uint8Array): Generator<DataView> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.length;) {
    const length = view.getUint32(at, true);
    yield new DataView(records.buffer, records.byteOffset + at + 8, length);
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

/** `variables`: those that were looked for in the environment of each process, in the order of their values. */
export function trackIdentities(variables: readonly string[] = []): Identities {
  const cgroups = new Map<number, Cgroup>();
  const clients = new Map<number, RpcClient>();
  const processes = trackProcesses();
  const files = trackFiles();
  const jobs = trackJobs(variables);

  return {
    cgroups,
    clients,
    processes,
    files,
    jobs,
    take(records) {
      const fresh = { cgroups: [] as number[], clients: [] as number[] };
      for (const record of eachRecord(records)) {
        switch (record.getUint32(0, true)) {
          case nfsIdentity.CGROUP: {
            const cgroup = decodeCgroup(record);
            cgroups.set(cgroup.id, cgroup);
            fresh.cgroups.push(cgroup.id);
            break;
          }
          case nfsIdentity.CLIENT: {
            const client = decodeClient(record);
            clients.set(client.id, client);
            fresh.clients.push(client.id);
            break;
          }
          case nfsIdentity.PROCESS: {
            const process = decodeProcess(record, variables);
            processes.begin(process);
            jobs.note(process);
            break;
          }
          case nfsIdentity.EXIT:
            processes.end(record);
            break;
          case nfsIdentity.FILE:
            files.take(record);
        }
      }
      return fresh;
    },
  };
}

function decodeCgroup(record: DataView): Cgroup {
  const id = Number(record.getBigUint64(nfsCgroup.fields.id.offset, true));
  return { id, kind: 'cgroup', path: pathText(record, nfsCgroup.fields) };
}

/** A struct nfs_client, from the identity ring or inside a superblock. */
export function decodeClient(record: DataView): RpcClient {
  const { client, program, version, protocol, parents, address, server } = nfsClient.fields;
  const u32 = (offset: number) => record.getUint32(offset, true);
  const name = new Uint8Array(record.buffer, record.byteOffset + server.offset, server.count);
  const end = name.indexOf(0);
  return {
    id: u32(client.offset),
    program: u32(program.offset),
    version: u32(version.offset),
    parents: Array.from({ length: parents.count }, (_, i) => u32(parents.offset + i * 4)).filter((id) => id !== 0),
    server: {
      ...decodeAddress(new DataView(record.buffer, record.byteOffset + address.offset, address.count)),
      transport: transports[u32(protocol.offset)] ?? String(u32(protocol.offset)),
      name: text.decode(name.subarray(0, end < 0 ? server.count : end)),
    },
  };
}

/** struct sockaddr_in and sockaddr_in6: family of the host's byte order, port of the network's. */
function decodeAddress(socket: DataView): { address: string; port: number } {
  const family = socket.getUint16(0, true);
  if (family === 2) return { address: Array.from({ length: 4 }, (_, i) => socket.getUint8(4 + i)).join('.'), port: socket.getUint16(2) };
  if (family !== 10) return { address: UNSPECIFIED, port: 0 };
  const groups = Array.from({ length: 8 }, (_, i) => socket.getUint16(8 + i * 2).toString(16)).join(':');
  // The URL parser writes an IPv6 address as RFC 5952 says.
  return { address: new URL(`http://[${groups}]/`).hostname.slice(1, -1), port: socket.getUint16(2) };
}
