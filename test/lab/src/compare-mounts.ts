import type { Checking } from './checks.ts';
import type { Mount, OperationCounters } from './mountstats.ts';
import type { Growth, Selector } from './samples.ts';

export const none: OperationCounters = { operations: 0, sent: 0, received: 0, errors: 0, timeouts: 0 };

/**
 * Holds what nfscope counted against the kernel's own accounting, one check for each operation of each mount.
 * A mount's row has the operations of its own client and of the server's, which nfscope shows without an export.
 * Needs at most one mount of each NFS version.
 */
export function compareMounts(
  before: ReadonlyMap<string, Mount>,
  after: ReadonlyMap<string, Mount>,
  growth: Growth,
  checks: Checking,
): void {
  for (const mount of after.values()) {
    const earlier = before.get(mount.folder)?.operations;
    const version = { onc_rpc_version: mount.version };

    for (const [name, counters] of mount.operations) {
      const truth = difference(earlier?.get(name) ?? none, counters);
      const seen = counted(growth, mount, name);
      if (truth.operations === 0 && seen.operations === 0) continue;
      const gap = difference(truth, seen);
      const exact = Object.values(gap).every((value) => value === 0);
      checks.that(
        `${mount.folder} ${name}`,
        exact,
        exact ? `${inWords(truth)}; difference 0` : `${inWords(seen)}; mountstats has ${inWords(truth)}`,
      );
    }

    const extra = [mount.export, '']
      .flatMap((path) => growth.values('nfs_io_duration_seconds_count', 'nfs_operation_name', { ...version, nfs_export_path: path }))
      .filter((name) => !mount.operations.has(name));
    checks.that(`${mount.folder} has no operation that mountstats does not know`, extra.length === 0, extra.join(', '));
  }
}

/** Operations that the kernel accounted for and nfscope did not. Needs at most one mount of each NFS version. */
export function gapOf(before: ReadonlyMap<string, Mount>, after: ReadonlyMap<string, Mount>, growth: Growth): number {
  let gap = 0;
  for (const mount of after.values()) {
    const earlier = before.get(mount.folder)?.operations;
    for (const [name, counters] of mount.operations)
      gap += difference(counted(growth, mount, name), difference(earlier?.get(name) ?? none, counters)).operations;
  }
  return gap;
}

/** What nfscope has of one operation of a mount: its own client's, and the server's, which are shown without an export. */
export const counted = (growth: Growth, mount: Mount, name: string): OperationCounters => {
  const version = { onc_rpc_version: mount.version, nfs_operation_name: name };
  return sum(ofSeries(growth, { ...version, nfs_export_path: mount.export }), ofSeries(growth, { ...version, nfs_export_path: '' }));
};

const ofSeries = (growth: Growth, selector: Selector): OperationCounters => {
  const operations = growth.of('nfs_io_duration_seconds_count', selector);
  return {
    operations,
    sent: growth.of('nfs_io_wire_bytes_total', { ...selector, network_io_direction: 'transmit' }),
    received: growth.of('nfs_io_wire_bytes_total', { ...selector, network_io_direction: 'receive' }),
    errors: operations - growth.of('nfs_io_duration_seconds_count', { ...selector, error_type: '' }),
    timeouts: growth.of('nfs_io_timeouts_total', selector),
  };
};

export const difference = (from: OperationCounters, to: OperationCounters): OperationCounters => ({
  operations: to.operations - from.operations,
  sent: to.sent - from.sent,
  received: to.received - from.received,
  errors: to.errors - from.errors,
  timeouts: to.timeouts - from.timeouts,
});

const sum = (a: OperationCounters, b: OperationCounters): OperationCounters => ({
  operations: a.operations + b.operations,
  sent: a.sent + b.sent,
  received: a.received + b.received,
  errors: a.errors + b.errors,
  timeouts: a.timeouts + b.timeouts,
});

const inWords = ({ operations, sent, received, errors, timeouts }: OperationCounters): string =>
  `${operations} operations, ${sent} B sent, ${received} B received, ${errors} errors, ${timeouts} time-outs`;
