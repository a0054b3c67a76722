import { nfsEvent } from '@nfscope/model';
import type { Session } from './tree.ts';

/** One event as one object, as a reader of a ring commonly hands it on. */
export interface EventObject {
  readonly time: number;
  readonly duration: number;
  readonly rtt: number;
  readonly queue: number;
  readonly file: number;
  readonly offset: number;
  readonly row: number;
  readonly status: number;
  readonly bytes: number;
  readonly requested: number;
  readonly sent: number;
  readonly received: number;
  readonly owner: number;
  readonly uid: number;
  readonly xid: number;
  readonly transmissions: number;
  readonly timeouts: number;
}

const f = nfsEvent.fields;
const buffer = new Uint8Array(1 << 20);
const view = new DataView(buffer.buffer);

/** Empties the event ring, one call of `take` an event. Returns how many there were. */
export const eachEvent = (session: Session, take: (event: EventObject) => void): number => {
  let events = 0;
  for (;;) {
    const used = session.records('events', buffer);
    if (used === 0) return events;
    for (let at = 0; at < used;) {
      take(decode(at + 8));
      events++;
      at += 8 + Math.ceil(view.getUint32(at, true) / 8) * 8;
    }
  }
};

/** Two halves: a BigInt is slower by far. */
const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

const decode = (at: number): EventObject => ({
  time: u64(at + f.time.offset),
  duration: u64(at + f.duration.offset) * 1e-9,
  rtt: u64(at + f.rtt.offset) * 1e-9,
  queue: u64(at + f.queue.offset) * 1e-9,
  file: u64(at + f.file.offset),
  offset: u64(at + f.offset.offset),
  row: view.getUint32(at + f.row.offset, true),
  status: view.getInt32(at + f.status.offset, true),
  bytes: view.getUint32(at + f.bytes.offset, true),
  requested: view.getUint32(at + f.requested.offset, true),
  sent: view.getUint32(at + f.sent.offset, true),
  received: view.getUint32(at + f.received.offset, true),
  owner: view.getUint32(at + f.owner.offset, true),
  uid: view.getUint32(at + f.uid.offset, true),
  xid: view.getUint32(at + f.xid.offset, true),
  transmissions: view.getUint16(at + f.transmissions.offset, true),
  timeouts: view.getUint16(at + f.timeouts.offset, true),
});
