import { nfsEvent } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { chooseColumns, type Columns } from './columns.ts';

const names = Object.keys(nfsEvent.fields) as (keyof (typeof nfsEvent)['fields'])[];

/** Events as the kernel has them: times are nanoseconds of CLOCK_MONOTONIC. */
export interface KernelEvents {
  readonly length: number;
  readonly columns: Columns<typeof nfsEvent, keyof (typeof nfsEvent)['fields']>;
}

export const eventColumns = chooseColumns(nfsEvent, names);

/** What an empty ring holds. */
export const noEvents: KernelEvents = { length: 0, columns: eventColumns.allocate(0).named };

/** BPF_RINGBUF_HDR_SZ: what a record takes in the ring beside itself. */
const HEADER = 8;

/** Empties the event ring. */
export function readEvents(session: Session): () => KernelEvents {
  return () => {
    const capacity = Math.ceil(session.unread('events') / (nfsEvent.size + HEADER));
    if (capacity === 0) return noEvents;
    const { list, named } = eventColumns.allocate(capacity);
    return { length: session.drain('events', eventColumns.fields, list, capacity, nfsEvent.size), columns: named };
  };
}
