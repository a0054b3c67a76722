import { noFiles, Sources, type Attributes, type EventColumns, type NfsBatch, type Operation, type Process } from '@nfscope/model';

/** One event as an object; what is not said of it is 0. */
export type EventModel = { readonly [column in Exclude<keyof EventColumns, 'length'>]?: number };

const operations: readonly Operation[] = [
  { index: 0, name: 'READ', program: 100003, version: 4, kind: 'read' },
  { index: 1, name: 'WRITE', program: 100003, version: 3, kind: 'write' },
  { index: 2, name: 'COMMIT', program: 100003, version: 3, kind: 'commit' },
  { index: 3, name: 'GETATTR', program: 100003, version: 4, kind: 'other' },
  { index: 4, name: 'GETACL', program: 100227, version: 3, kind: 'other' },
];

export const START = Date.UTC(2026, 0, 2);

/** A node whose events a test writes down. */
export interface NodeEvents {
  readonly sources: Sources;
  readonly processes: Map<number, Process>;
  readonly paths: Map<number, string>;
  /** A source first seen at the start; `waiting`: a processor may still name it. Its cgroup has the next number, from 1. */
  source(resource: Attributes, attributes?: Attributes, waiting?: boolean): number;
  batch(seconds: number, events: readonly EventModel[]): NfsBatch;
}

export const nodeEvents = (): NodeEvents => {
  const sources = new Sources();
  const processes = new Map<number, Process>();
  const paths = new Map<number, string>();
  return {
    sources,
    processes,
    paths,
    source(resource, attributes = {}, waiting = false) {
      const client = { id: 7, program: 100003, version: 4, parents: [], server: undefined };
      const { index } = sources.add({ id: sources.length + 1, kind: 'cgroup', path: undefined }, client, START);
      sources.change(index, { resource, attributes, ...(waiting ? { waiting: ['k8s_attributes', true] as const } : {}) });
      return index;
    },
    batch(seconds, events) {
      const timeMs = START + seconds * 1000;
      const ofType = <T>(from: { from(list: readonly number[]): T }, column: keyof EventModel, otherwise = 0): T =>
        from.from(events.map((event) => event[column] ?? otherwise));
      const columns: EventColumns = {
        length: events.length,
        source: ofType(Uint32Array, 'source'),
        operation: ofType(Uint32Array, 'operation'),
        error: ofType(Uint16Array, 'error'),
        timeMs: ofType(Float64Array, 'timeMs', timeMs),
        endNs: ofType(Float64Array, 'endNs'),
        duration: ofType(Float64Array, 'duration'),
        rtt: ofType(Float64Array, 'rtt'),
        queue: ofType(Float64Array, 'queue'),
        file: ofType(Float64Array, 'file'),
        offset: ofType(Float64Array, 'offset'),
        status: ofType(Int32Array, 'status'),
        bytes: ofType(Uint32Array, 'bytes'),
        requested: ofType(Uint32Array, 'requested'),
        sent: ofType(Uint32Array, 'sent'),
        received: ofType(Uint32Array, 'received'),
        owner: ofType(Uint32Array, 'owner'),
        uid: ofType(Uint32Array, 'uid'),
        xid: ofType(Uint32Array, 'xid'),
        transmissions: ofType(Uint16Array, 'transmissions'),
        timeouts: ofType(Uint16Array, 'timeouts'),
      };
      return {
        timeMs,
        startMs: START,
        sources,
        changedSources: [],
        operations,
        bounds: { duration: [], size: [] },
        totalsRead: false,
        totals: { length: 0 } as NfsBatch['totals'],
        events: columns,
        processes: { find: (tgid) => processes.get(tgid) },
        files: paths.size === 0 ? noFiles : { path: (client, file) => (client === 7 ? paths.get(file) : undefined) },
        lost: { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 },
      };
    },
  };
};
