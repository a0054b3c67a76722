const metrics = {
  nfs_io_duration_seconds_count: 'operations',
  nfs_io_duration_seconds_sum: 'seconds',
  nfs_io_size_bytes_sum: 'bytes',
} as const;

const columns = ['k8s_pod_name', 'server_address', 'nfs_export_path', 'onc_rpc_version', 'nfs_operation_name', 'error_type'] as const;

/** The totals on a Prometheus page as lines of a table, as examples/recording/totals.tsv has them. */
export const totalsOfPage = (page: string): string => {
  const rows = new Map<string, Partial<Record<(typeof metrics)[keyof typeof metrics], string>>>();
  for (const [, name, labels, value] of page.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)) {
    const column = metrics[name as keyof typeof metrics] as (typeof metrics)[keyof typeof metrics] | undefined;
    if (column === undefined) continue;
    const label = new Map([...labels!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key!, text!]));
    const key = columns.map((one) => label.get(one) ?? '-').join('\t');
    rows.set(key, { ...rows.get(key), [column]: value! });
  }
  const lines = [...rows].map(([key, { operations = '0', seconds = '0', bytes = '0' }]) => [key, operations, seconds, bytes].join('\t'));
  return `${[[...columns, 'operations', 'seconds', 'bytes'].join('\t'), ...lines.toSorted()].join('\n')}\n`;
};
