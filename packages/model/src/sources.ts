import { noAttributes, type Attributes, type AttributeValue } from './attributes.ts';
import type { Operation } from './batch.ts';
import { sampledOperations, type SampledOperations } from './sampled-operations.ts';

/** Who paid for an operation, as the kernel tells it. */
export interface Cgroup {
  /** kernfs node id, equal to the inode number of the cgroup's folder; 0 when nobody is known. */
  readonly id: number;
  /** `system`: kernel threads on nobody's behalf; `unknown`: begun before the program was attached; `other`: counted after the map was full. */
  readonly kind: 'cgroup' | 'system' | 'unknown' | 'other';
  /** Path from the cgroup root, starting with `/`. Undefined until its identity record arrives. */
  readonly path: string | undefined;
}

/** An RPC client of the kernel (`struct rpc_clnt`): one per NFS superblock, plus one per server for its state. */
export interface RpcClient {
  /** Unique while the program is loaded: epoch << 16 | cl_clid. */
  readonly id: number;
  readonly program: number;
  readonly version: number;
  /** Ids of the clients that mountstats adds to this one's numbers, nearest first. */
  readonly parents: readonly number[];
  /** Undefined until its identity record arrives. */
  readonly server: { readonly address: string; readonly port: number; readonly transport: string; readonly name: string } | undefined;
}

/** Where one mount namespace has an NFS superblock, or a folder of it. */
export interface Mount {
  /** Number of the mount namespace: the inode of `/proc/<pid>/ns/mnt`. */
  readonly namespace: number;
  /** `server:/path` of what is mounted: of a bind mount or a subPath the folder in the export. */
  readonly source: string;
  /** Mount point, seen from the root of that namespace. */
  readonly point: string;
}

/** An NFS superblock and the client it sends its operations through. */
export interface Superblock {
  /** `major:minor`, as in the third column of mountinfo. */
  readonly device: string;
  readonly client: RpcClient;
  /** Everywhere it is mounted on the node, containers included. Undefined when that could not be read. */
  readonly mounts?: readonly Mount[];
}

/** One (cgroup, rpc client) pair that does I/O. Attributes hang here, never on operations. */
export interface Source {
  /** Dense, from 0, never reused. */
  readonly index: number;
  readonly firstSeenMs: number;
  readonly cgroup: Cgroup;
  readonly client: RpcClient;
  /** Of the resource: k8s.*, container.id, host.name. */
  readonly resource: Attributes;
  /** Of every data point: server.address, nfs.export.path. */
  readonly attributes: Attributes;
  /** Grows with every change to this source. */
  readonly revision: number;
  /** Ids of the components that may still name it: held back from export for a grace time while not empty. */
  readonly waiting: ReadonlySet<string>;
  /** Whether its pod or container is gone for good: nothing begins for it any more, though what it wrote may still be flushed. */
  readonly gone: boolean;
  /**
   * Which of its rows of totals are in no series, when a processor left some out: asked when series are made, since what
   * a source is called may come after its rows. `error` is 0 for success, undefined for an operation in flight.
   */
  readonly leavesOut?: (operation: Operation, error: number | undefined) => boolean;
}

/** Attributes to set, and with undefined to take away. */
type AttributeChange = Readonly<Record<string, AttributeValue | undefined>>;

/** What a component says of a source. Attributes are merged over those already there. */
export interface SourceChange {
  readonly cgroup?: Cgroup;
  readonly client?: RpcClient;
  readonly resource?: AttributeChange;
  readonly attributes?: AttributeChange;
  /** Adds (true) or removes (false) a component from `waiting`. */
  readonly waiting?: readonly [component: string, waits: boolean];
  readonly gone?: boolean;
}

const merged = (before: Attributes, change: AttributeChange | undefined): Attributes => {
  if (change === undefined) return before;
  const after: Record<string, AttributeValue> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) delete after[name];
    else after[name] = value;
  }
  return Object.freeze(after);
};

/** The table of all sources of one receiver. Shared by everything downstream of it; written by the receiver and the processors only. */
export class Sources {
  readonly #rows: Source[] = [];
  readonly #sampled = sampledOperations();

  /** Which of their operations became spans. Written by whoever makes spans of them, in whichever pipeline. */
  get sampled(): SampledOperations {
    return this.#sampled;
  }

  get length(): number {
    return this.#rows.length;
  }

  at(index: number): Source {
    const source = this.#rows[index];
    if (source === undefined) throw new RangeError(`no source ${index}, there are ${this.#rows.length}`);
    return source;
  }

  all(): readonly Source[] {
    return this.#rows;
  }

  add(cgroup: Cgroup, client: RpcClient, firstSeenMs: number): Source {
    const source: Source = {
      index: this.#rows.length,
      firstSeenMs,
      cgroup,
      client,
      resource: noAttributes,
      attributes: noAttributes,
      revision: 0,
      waiting: new Set(),
      gone: false,
    };
    this.#rows.push(source);
    return source;
  }

  change(index: number, change: SourceChange): Source {
    const before = this.at(index);
    const waiting = new Set(before.waiting);
    if (change.waiting) {
      if (change.waiting[1]) waiting.add(change.waiting[0]);
      else waiting.delete(change.waiting[0]);
    }
    const after: Source = {
      ...before,
      cgroup: change.cgroup ?? before.cgroup,
      client: change.client ?? before.client,
      resource: merged(before.resource, change.resource),
      attributes: merged(before.attributes, change.attributes),
      waiting,
      gone: change.gone ?? before.gone,
      revision: before.revision + 1,
    };
    this.#rows[index] = after;
    return after;
  }
}
