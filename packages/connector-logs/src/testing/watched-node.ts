import {
  noProcesses,
  Sources,
  type Attributes,
  type EventColumns,
  type InflightColumns,
  type LogRecord,
  type MountCoverage,
  type NfsBatch,
  type Operation,
  type TotalsColumns,
} from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { Subject } from 'rxjs';
import { config } from '../config.ts';
import { factory } from '../factory.ts';
import { logsConnector } from '../logs-connector.ts';

const operations: readonly Operation[] = [
  { index: 0, name: 'READ', program: 100003, version: 4, kind: 'read' },
  { index: 1, name: 'GETATTR', program: 100003, version: 3, kind: 'other' },
];
const START = Date.UTC(2026, 0, 2);

/** An operation in flight; what is not said of it is 0. */
export type Task = { readonly age: number } & { readonly [column in Exclude<keyof InflightColumns, 'length' | 'age'>]?: number };
/** Cumulative count of a row of totals: READ, of a row number of its own. */
export type Row = readonly [row: number, source: number, error: number, count: number];
export type Event = { readonly [column in 'source' | 'file' | 'bytes']?: number };

/** What a test says of a second of its node. */
export interface Second {
  readonly tasks?: readonly Task[] | undefined;
  readonly lostTasks?: number;
  readonly rows?: readonly Row[];
  readonly events?: readonly Event[];
  readonly mounts?: readonly MountCoverage[];
  readonly startMs?: number;
}

export const mountOf = (path: string, more: Partial<MountCoverage> = {}): MountCoverage => {
  const attributes = { 'server.address': 'nas1', 'nfs.export.path': path };
  return { attributes, info: attributes, client: 7, parents: [], startMs: START, operations: 0, gaps: [], ...more };
};

const columns = <T extends object>(
  rows: readonly Partial<Record<keyof T, number>>[],
  types: Record<string, { from(list: number[]): unknown }>,
): T =>
  ({
    length: rows.length,
    ...Object.fromEntries(Object.entries(types).map(([name, type]) => [name, type.from(rows.map((row) => row[name as keyof T] ?? 0))])),
  }) as unknown as T;

/** A connector, and what it tells of a node second by second. */
export const watchedNode = (raw: object = {}) => {
  const sources = new Sources();
  const paths = new Map<number, string>();
  const input = new Subject<NfsBatch>();
  const told: (LogRecord & { readonly of: Attributes })[] = [];
  logsConnector(config.parse(raw), context(factory))
    .connect(input)
    .subscribe(({ records, resources }) => told.push(...records.map((record) => ({ ...record, of: resources[record.resource]! }))));
  const batch = (seconds: number, { tasks, lostTasks = 0, rows = [], events = [], mounts, startMs = START }: Second): NfsBatch => {
    const [u32, f64, u16] = [Uint32Array, Float64Array, Uint16Array];
    return {
      timeMs: START + seconds * 1000,
      startMs,
      sources,
      changedSources: [],
      operations,
      bounds: { duration: [], size: [] },
      totalsRead: true,
      totals: columns<TotalsColumns>(
        rows.map(([row, source, error, count]) => ({ row, source, error, count })),
        { row: u32, source: u32, operation: u32, error: u16, count: f64, rttSum: f64 },
      ),
      events: columns<EventColumns>(events, { source: u32, file: f64, bytes: u32 }),
      processes: tasks === undefined ? noProcesses : { find: (tgid) => (tgid === 42 ? { tgid, start: 1, cgroup: 1, uid: 0, comm: 'python', job: {} } : undefined) }, // prettier-ignore
      files: { path: (client, file) => (client === 7 ? paths.get(file) : undefined) },
      ...(tasks === undefined
        ? {}
        : {
            inflight: columns<InflightColumns>(tasks, { source: u32, operation: u32, age: f64, bytes: u32, file: f64, offset: f64, owner: u32, transmissions: u16 }), // prettier-ignore
          }),
      ...(mounts === undefined ? {} : { mountstats: { mounts, connections: [] } }),
      lost: { events: 0, identities: 0, rows: 0, tasks: lostTasks, missed: 0 },
    };
  };
  return {
    sources,
    paths,
    source(resource: Attributes, waiting = false, client = 7): number {
      const { index } = sources.add({ id: sources.length + 1, kind: 'cgroup', path: '/a' }, { id: client, program: 100003, version: 4, parents: [], server: undefined }, START); // prettier-ignore
      const attributes = { 'server.address': 'nas1', 'nfs.export.path': '/data' };
      sources.change(index, { resource, attributes, ...(waiting ? { waiting: ['k8s_attributes', true] as const } : {}) });
      return index;
    },
    batch,
    /** What is told of it, since it was asked before. */
    at(seconds: number, second: Second) {
      input.next(batch(seconds, second));
      return told.splice(0);
    },
  };
};

/** `nfs.operation.stuck warn`, of each. */
export const named = (records: readonly LogRecord[]): string[] => records.map(({ eventName, severity }) => `${eventName} ${severity}`);
