export interface MetricDefinition {
  readonly name: string;
  readonly type: 'histogram' | 'counter' | 'gauge';
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
}

/** Every metric nfscope emits. docs/telemetry.md is generated from this table. */
export const metric = {
  IO_DURATION: {
    name: 'nfs.io.duration',
    type: 'histogram',
    unit: 's',
    description: 'Time of one RPC attempt from the start of its task to its end, as mountstats counts it in "execute".',
  },
  IO_RTT: {
    name: 'nfs.io.rtt',
    type: 'histogram',
    unit: 's',
    description:
      'Time from sending an RPC to its reply: network and server. Buckets for READ, WRITE and COMMIT, sum and count for the rest.',
  },
  IO_QUEUE: {
    name: 'nfs.io.queue',
    type: 'histogram',
    unit: 's',
    description: 'Time an RPC waited in the client before it was sent. Buckets for READ, WRITE and COMMIT, sum and count for the rest.',
  },
  IO_SIZE: {
    name: 'nfs.io.size',
    type: 'histogram',
    unit: 'By',
    description: 'Payload that a successful READ or WRITE returned; its sum is the throughput.',
  },
  IO_WIRE: { name: 'nfs.io.wire', type: 'counter', unit: 'By', description: 'RPC bytes sent and received, headers included.' },
  IO_RETRANSMITS: {
    name: 'nfs.io.retransmits',
    type: 'counter',
    unit: '{retransmit}',
    description: 'RPCs sent again because no reply came.',
  },
  IO_TIMEOUTS: { name: 'nfs.io.timeouts', type: 'counter', unit: '{timeout}', description: 'Major timeouts of RPCs.' },
  LOST: {
    name: 'nfscope.lost',
    type: 'counter',
    unit: '{record}',
    description:
      'Records the kernel side could not keep: events and identities without room in their ring, operations without a row of their own, program runs the kernel skipped. Lost events change no other metric.',
  },
  PROGRAM_ATTACHED: {
    name: 'nfscope.program.attached',
    type: 'gauge',
    unit: '1',
    description: 'Is 1 while a program is attached to its hook; 0 while no NFS is mounted, or where this kernel does not let it.',
  },
  PROGRAM_MISSED: {
    name: 'nfscope.program.missed',
    type: 'counter',
    unit: '{run}',
    description: 'Runs of a program that the kernel skipped since it was attached, by hook.',
  },
} as const satisfies Record<string, MetricDefinition>;
