/** An operation as the tracepoint sunrpc:rpc_stats_latency has it when it ends; times are seconds. */
export interface TracedOperation {
  readonly xid: string;
  /** Of NFS, without its minor number. */
  readonly version: string;
  readonly operation: string;
  readonly queue: number;
  readonly rtt: number;
  readonly execute: number;
}

/** Those in a trace, in the order in which they ended. */
export const tracedOperations = (trace: string): TracedOperation[] =>
  [...trace.matchAll(/rpc_stats_latency: .*xid=0x([0-9a-f]+) nfsv(\d) (\S+) backlog=(\d+) rtt=(\d+) execute=(\d+)/g)].map(
    ([, xid = '', version = '', operation = '', ...microseconds]) => {
      const [queue, rtt, execute] = microseconds.map((one) => Number(one) / 1e6) as [number, number, number];
      return { xid: String(parseInt(xid, 16)), version, operation, queue, rtt, execute };
    },
  );
