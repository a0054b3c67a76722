/** Counters of one operation of one mount. */
export interface OperationCounters {
  readonly operations: number;
  readonly sent: number;
  readonly received: number;
  readonly errors: number;
  /** Major ones. */
  readonly timeouts: number;
}

/** What mountstats has of an operation beside; times are milliseconds, each cut off below the last one. */
export interface OperationTimes {
  readonly transmissions: number;
  readonly queue: number;
  readonly rtt: number;
  readonly execute: number;
}

export interface Mount {
  readonly folder: string;
  readonly server: string;
  readonly export: string;
  /** NFS version without its minor number, as RPC has it. */
  readonly version: string;
  readonly operations: ReadonlyMap<string, OperationCounters & OperationTimes>;
  /** Figures of each connection by TCP, as they stand in its line. */
  readonly transports: readonly (readonly number[])[];
}

/** NFS mounts of /proc/<pid>/mountstats, by their folder. Throws when there are none. */
export function parseMountstats(text: string): Map<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const block of text.split(/^(?=device )/m)) {
    const [, server, path, folder] = block.match(/^device (\S+?):(\S+) mounted on (\S+) with fstype nfs4? /) ?? [];
    if (!server || !path || !folder) continue;
    const operations = new Map<string, OperationCounters & OperationTimes>();
    for (const [, name, figures] of block.matchAll(/^\s+([A-Z_0-9]+): ((?:\d+ ?){8,})$/gm)) {
      const [count = 0, transmissions = 0, timeouts = 0, sent = 0, received = 0, queue = 0, rtt = 0, execute = 0, errors = 0] = (
        figures ?? ''
      )
        .trim()
        .split(' ')
        .map(Number);
      operations.set(name ?? '', { operations: count, transmissions, timeouts, sent, received, queue, rtt, execute, errors });
    }
    const version = block.match(/[:,]vers=(\d+)/)?.[1] ?? '';
    const transports = [...block.matchAll(/^\s+xprt:\s+tcp ([\d ]+?) *$/gm)].map(([, figures]) => (figures ?? '').split(' ').map(Number));
    mounts.set(folder, { folder, server, export: path, version, operations, transports });
  }
  if (mounts.size === 0) throw new Error('mountstats has no NFS mount');
  return mounts;
}
