import { nfsCharge, nfsKind, nfsVfs, Sources, type Cgroup, type Operation, type RpcClient } from '@nfscope/model';
import { isProcedure, procedureName } from '@nfscope/semconv';
import type { Identities } from './identities.ts';
import type { KernelTasks } from './tasks.ts';
import type { KernelRows } from './totals.ts';

/** Which source and operation each row of the kernel's table stands for; both are settled for ever when the row first shows. */
export interface Rows {
  readonly sources: Sources;
  readonly operations: Operation[];
  /** Index of the source, by row. */
  readonly source: Uint32Array;
  /** Index of the operation, by row. */
  readonly operation: Uint32Array;
  readonly error: Uint16Array;
  /** Whether each of the first `length` rows was entered. */
  know(row: Uint32Array, length: number): boolean;
  /** Takes in rows that may be new; returns the sources they added. */
  enter(rows: KernelRows, nowMs: number): number[];
  /** Source and operation of what is in flight; what has no row yet is entered all the same. */
  enterTasks(
    tasks: KernelTasks,
    nowMs: number,
  ): { readonly source: Uint32Array; readonly operation: Uint32Array; readonly added: readonly number[] };
  /** Tells sources what has become known of their cgroups and clients; returns those that changed. */
  identify(fresh: { readonly cgroups: readonly number[]; readonly clients: readonly number[] }): number[];
}

/** Told once of each operation whose name or number is not the protocol's. */
export type Unexpected = (operation: Operation, number: number) => void;

type Named = Pick<KernelRows['columns'], 'cgroup' | 'client' | 'charge' | 'kind' | 'program' | 'version' | 'operation'>;

const kinds: Readonly<Record<number, Pick<Operation, 'kind' | 'direct'>>> = {
  [nfsKind.OTHER]: { kind: 'other' },
  [nfsKind.READ]: { kind: 'read' },
  [nfsKind.WRITE]: { kind: 'write' },
  [nfsKind.COMMIT]: { kind: 'commit' },
  [nfsKind.DIRECT_READ]: { kind: 'read', direct: true },
  [nfsKind.DIRECT_WRITE]: { kind: 'write', direct: true },
  [nfsKind.VFS]: { kind: 'vfs' },
};
const calls = new Map<number, string>(Object.entries(nfsVfs).map(([name, value]) => [value, name.toLowerCase()]));
const text = new TextDecoder();
const NEW = 0xffff_ffff;

export function nameRows(identities: Identities, maxRows: number, unexpected: Unexpected = () => {}): Rows {
  const sources = new Sources();
  const operations: Operation[] = [];
  const source = new Uint32Array(maxRows).fill(NEW);
  const operation = new Uint32Array(maxRows);
  const error = new Uint16Array(maxRows);
  const sourceOf = new Map<string, number>();
  const operationOf = new Map<string, number>();

  const clientOf = (id: number, program: number, version: number): RpcClient =>
    identities.clients.get(id) ?? { id, program, version, parents: [], server: undefined };

  function enterSource(columns: Named, i: number, nowMs: number, added: number[]): number {
    const { cgroup, client, charge, program, version } = columns;
    const owner = ownerOf(cgroup[i]!, charge[i]!, identities);
    const key = `${owner.kind} ${owner.id} ${client[i]!}`;
    let index = sourceOf.get(key);
    if (index === undefined) {
      index = sources.add(owner, clientOf(client[i]!, program[i]!, version[i]!), nowMs).index;
      sourceOf.set(key, index);
      added.push(index);
    }
    return index;
  }

  /** `number` is not known of what is in flight: its row says it when it has ended. */
  function enterOperation(columns: Named, i: number, number?: number): number {
    const { operation: names, program, version } = columns;
    const bytes = names.subarray(i * 24, i * 24 + 24);
    const is = kinds[columns.kind[i]!]!;
    // The kernel has no name for the NULL procedures of some programs. Where it has one, that is what mountstats shows too.
    const name =
      is.kind === 'vfs'
        ? calls.get(number ?? 0)!
        : text.decode(bytes.subarray(0, bytes.indexOf(0))) || procedureName(program[i]!, version[i]!, number ?? 0);
    const key = `${program[i]!} ${version[i]!} ${name} ${is.direct ?? false}`;
    let index = operationOf.get(key);
    if (index === undefined) {
      index = operations.length;
      const done: Operation = { index, name, program: program[i]!, version: version[i]!, ...is };
      operations.push(done);
      if (number !== undefined && is.kind !== 'vfs' && !isProcedure(done.program, done.version, number, name)) unexpected(done, number);
      operationOf.set(key, index);
    }
    return index;
  }

  return {
    sources,
    operations,
    source,
    operation,
    error,
    know(row, length) {
      for (let i = 0; i < length; i++) if (source[row[i]!] === NEW) return false;
      return true;
    },
    enter(rows, nowMs) {
      const added: number[] = [];
      for (let i = 0; i < rows.length; i++) {
        const row = rows.row[i]!;
        if (source[row] !== NEW) continue;
        source[row] = enterSource(rows.columns, i, nowMs, added);
        operation[row] = enterOperation(rows.columns, i, rows.columns.index[i]);
        error[row] = rows.columns.error[i]!;
      }
      return added;
    },
    enterTasks({ length, columns }, nowMs) {
      const named = { source: new Uint32Array(length), operation: new Uint32Array(length), added: [] as number[] };
      for (let i = 0; i < length; i++) {
        named.source[i] = enterSource(columns, i, nowMs, named.added);
        named.operation[i] = enterOperation(columns, i);
      }
      return named;
    },
    identify(fresh) {
      if (fresh.cgroups.length === 0 && fresh.clients.length === 0) return [];
      const changed: number[] = [];
      for (const one of sources.all()) {
        const cgroup = one.cgroup.kind === 'cgroup' ? (identities.cgroups.get(one.cgroup.id) ?? one.cgroup) : one.cgroup;
        const client = identities.clients.get(one.client.id) ?? one.client;
        if (cgroup === one.cgroup && client === one.client) continue;
        sources.change(one.index, { cgroup, client });
        changed.push(one.index);
      }
      return changed;
    },
  };
}

function ownerOf(id: number, charge: number, identities: Identities): Cgroup {
  if (charge === nfsCharge.SYSTEM) return { id: 0, kind: 'system', path: undefined };
  if (charge === nfsCharge.UNKNOWN) return { id: 0, kind: 'unknown', path: undefined };
  if (charge === nfsCharge.OTHER) return { id: 0, kind: 'other', path: undefined };
  return identities.cgroups.get(id) ?? { id, kind: 'cgroup', path: undefined };
}
