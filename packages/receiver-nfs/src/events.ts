import { nfsEvent } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { chooseColumns, type Columns } from './columns.ts';

const names = Object.keys(nfsEvent.fields) as (keyof (typeof nfsEvent)['fields'])[];

/** Events as the kernel has them: times are nanoseconds of CLOCK_MONOTONIC. */
export interface KernelEvents {
  readonly length: number;
  readonly columns: Columns<typeof nfsEvent, keyof (typeof nfsEvent)['fields']>;
}

/** Empties the event ring, at most `ringSize` bytes of it in one call. */
export function readEvents(session: Session, ringSize: number): () => KernelEvents {
  const chosen = chooseColumns(nfsEvent, names);
  const most = Math.ceil(ringSize / (nfsEvent.size + 8));
  let capacity = 64;
  const empty: KernelEvents = { length: 0, columns: chosen.allocate(0).named };

  return () => {
    const { list, named } = chosen.allocate(capacity);
    const length = session.drain('events', chosen.fields, list, capacity, nfsEvent.size);
    if (length === capacity && capacity < most) capacity = Math.min(most, capacity * 4);
    return length === 0 ? empty : { length, columns: named };
  };
}
