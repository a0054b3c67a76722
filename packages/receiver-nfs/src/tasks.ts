import { nfsTask, type InflightColumns } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { chooseColumns, type Columns } from './columns.ts';
import type { Rows } from './rows.ts';
import { rowsOf, runWalk } from './superblocks.ts';

const names = Object.keys(nfsTask.fields) as (keyof (typeof nfsTask)['fields'])[];
const taskColumns = chooseColumns(nfsTask, names);

/** Operations in flight as the kernel has them: times are nanoseconds of CLOCK_MONOTONIC. */
export interface KernelTasks {
  readonly length: number;
  readonly columns: Columns<typeof nfsTask, keyof (typeof nfsTask)['fields']>;
}

/** Rows of the tasks map: maps.bpf.h. */
const MOST_TASKS = 4096;

/** Walks the task lists of all rpc clients of NFS mounts. Undefined when every try met a list being changed. */
export function walkTasks(session: Session, from?: bigint): Uint8Array | undefined {
  const found = runWalk(session, 'TASKS', from);
  return found === undefined ? undefined : rowsOf(session, 'tasks', nfsTask.size, Math.min(found, MOST_TASKS));
}

/** What a walk found. */
export const decodeTasks = (rows: Uint8Array): KernelTasks => ({
  length: rows.length / nfsTask.size,
  columns: taskColumns.decode(rows, nfsTask.size),
});

/** Each with the source and the operation it will be counted for, which are entered when they are new. */
export function inflightOf({ length, columns }: KernelTasks, named: ReturnType<Rows['enterTasks']>, monotonicMs: number): InflightColumns {
  const age = new Float64Array(length);
  for (let i = 0; i < length; i++) age[i] = monotonicMs / 1e3 - columns.start[i]! / 1e9;
  const { charge, bytes, file, offset, owner, transmissions, timeouts } = columns;
  return { length, source: named.source, operation: named.operation, charge, age, bytes, file, offset, owner, transmissions, timeouts };
}
