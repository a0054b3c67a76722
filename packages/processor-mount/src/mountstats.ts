/** A mount as mountstats has it; source and folder with the escapes that the kernel wrote. */
export interface MountAccount {
  readonly source: string;
  readonly folder: string;
  /** Seconds since it was made, cut off. */
  readonly age: number;
  /** Options that it was made with, and what its server can do, as the kernel wrote them; empty where there are none. */
  readonly opts: string;
  readonly caps: string;
  /** Operations by name, those of the client's parents included. */
  readonly operations: ReadonlyMap<string, number>;
  readonly transports: readonly TransportAccount[];
}

/** A line `xprt:`. Undefined where transports of its kind have none. */
export interface TransportAccount {
  readonly binds: number;
  readonly connects: number | undefined;
  readonly sends: number;
  readonly receives: number;
  readonly badXids: number;
  readonly backlog: number;
  readonly slots: number | undefined;
  readonly sending: number | undefined;
  readonly pending: number | undefined;
}

/**
 * Places of the figures behind the name of each kind of transport, as print_stats in net/sunrpc/xprtsock.c and
 * xprtrdma/transport.c write them.
 */
const places: Readonly<Record<string, { readonly [F in keyof TransportAccount]: number | undefined }>> = {
  tcp: { binds: 1, connects: 2, sends: 5, receives: 6, badXids: 7, backlog: 9, slots: 10, sending: 11, pending: 12 },
  udp: { binds: 1, connects: undefined, sends: 2, receives: 3, badXids: 4, backlog: 6, slots: 7, sending: 8, pending: 9 },
  local: { binds: 0, connects: 1, sends: 4, receives: 5, badXids: 6, backlog: 8, slots: 9, sending: 10, pending: 11 },
  // Behind the backlog come figures of RDMA alone.
  rdma: { binds: 1, connects: 2, sends: 5, receives: 6, badXids: 7, backlog: 9, slots: undefined, sending: undefined, pending: undefined },
};

/** NFS mounts of mountstats, read as Latin-1, in their order; a superblock that is mounted twice is in it twice. Other lines are passed over. */
export const parseMountstats = (text: string): MountAccount[] => {
  const mounts: MountAccount[] = [];
  let mount: { age: number; opts: string; caps: string; operations: Map<string, number>; transports: TransportAccount[] } | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('device ')) {
      const [, source, , , folder, , , type] = line.split(' ');
      mount = undefined;
      if (type !== 'nfs' && type !== 'nfs4') continue;
      mount = { age: 0, opts: '', caps: '', operations: new Map(), transports: [] };
      mounts.push(Object.assign(mount, { source: source!, folder: folder! }));
    } else if (mount !== undefined) {
      const [name, figures] = line.trim().split(/:\s+/, 2);
      if (figures === undefined) continue;
      if (name === 'age') mount.age = Number(figures);
      else if (name === 'opts' || name === 'caps') mount[name] = figures;
      else if (name === 'xprt') takeTransport(mount.transports, figures);
      else if (/^[A-Z][A-Z_0-9]*$/.test(name!) && /^\d+ /.test(figures)) mount.operations.set(name!, parseInt(figures));
    }
  }
  return mounts;
};

const takeTransport = (transports: TransportAccount[], figures: string): void => {
  const [kind = '', ...values] = figures.trim().split(' ');
  const at = places[kind];
  if (at === undefined) return;
  const figure = (place: number | undefined) => (place === undefined ? undefined : Number(values[place]));
  transports.push(Object.fromEntries(Object.entries(at).map(([name, place]) => [name, figure(place)])) as unknown as TransportAccount);
};
