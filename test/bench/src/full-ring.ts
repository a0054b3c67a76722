import { nfsReceiverConfig, type NfsReceiverConfig } from '@nfscope/receiver-nfs';
import type { FakeKernel, Shape } from './fake-kernel.ts';
import type { Insides, Session } from './tree.ts';

export const SOURCES = 1000;
/** Events of one source in a row: as many as one readahead or one flush sends. */
const RUN = 5;
const RING_BYTES = 1 << 25;

/** The program, loaded so that every event comes through its ring, and operations of 1,000 pods to fill it with. */
export interface FullRing {
  readonly session: Session;
  readonly config: NfsReceiverConfig;
  /** Runs the program on that many operations, pods by turns; a multiple of RUN. Throws when not all are in the ring. */
  fill(events: number): void;
}

/** Pages are what makes 1,000 owners out of one process: each write is paid by the owner of its page. */
const shape: Shape = 'WRITE';

export const fullRing = ({ load }: Insides, kernel: FakeKernel): FullRing => {
  const config = nfsReceiverConfig.parse({ btf: kernel.btf, events: 'all', ring_size: RING_BYTES });
  const { session } = load(config, 'bench');
  let next = 0;
  return {
    session,
    config,
    fill(events) {
      const before = session.unread('events');
      for (let i = 0; i < events; i += RUN) {
        const context = kernel.make(shape, 1000 + next);
        next = (next + 1) % SOURCES;
        if (i === 0) session.testRun('rpc_task_begin', context);
        for (let run = 0; run < RUN; run++) session.testRun('rpc_task_end', context);
      }
      const waiting = (session.unread('events') - before) / EVENT_BYTES;
      if (waiting !== events) throw new Error(`${waiting} of ${events} events are in the ring`);
    },
  };
};

/** With its header. */
const EVENT_BYTES = 96;
