/** Field types of a record and the arrays their columns are: Uint8Array, Uint16Array, Uint32Array, Int32Array, Float64Array. */
export declare const fieldType: { readonly u8: 1; readonly u16: 2; readonly u32: 3; readonly s32: 4; readonly u64: 5 };

/** Where one field of many records goes. */
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** How an object is opened and loaded; what is absent stays as the object has it. */
export interface OpenOptions {
  /** File of the kernel types to relocate against, raw BTF or ELF; the running kernel's when absent. */
  readonly btf?: string;
  /** Programs to load; all when absent. */
  readonly programs?: readonly string[];
  /** Programs not to load; a name the object does not have is passed over. */
  readonly except?: readonly string[];
  /** Number of entries by map; bytes for a ring. */
  readonly mapEntries?: Readonly<Record<string, number>>;
  /** Paths on a bpffs by map: the map that is there is used, otherwise the new one is put there. */
  readonly pins?: Readonly<Record<string, string>>;
  /** Values of `const volatile` globals, as arrays of exactly their size. */
  readonly constants?: Readonly<Record<string, Column | BigUint64Array>>;
}

/** What open, attach and the rest throw when the kernel refuses. */
export interface KernelError extends Error {
  /** Name of the errno: EPERM, ENOENT. */
  readonly code: string;
  readonly errno: number;
  readonly stage: 'open' | 'configure' | 'load' | 'map' | 'attach' | 'pin' | 'drain' | 'run';
  /** What libbpf and the verifier said. */
  readonly log: string;
}

/** What the kernel says of a loaded program. */
export interface ProgramCounters {
  readonly attached: boolean;
  /** Zero unless the kernel counts runs (kernel.bpf_stats_enabled). */
  readonly runs: number;
  readonly runTimeNs: number;
  /** Runs that the kernel skipped because the program, or a map system call, was under way on that CPU. */
  readonly missed: number;
}

/** One loaded BPF object. Everything it holds is gone with close(), or with the process. */
export declare class Session {
  /** By its section. The symbols of `kprobe.multi/a,b` and `kretprobe.multi/a` are taken as they are, never as a pattern. */
  attach(program: string): void;
  /** What is pinned goes on. */
  detach(program: string): void;
  /** Lets an attached program go on without this process, until the path of its link is unlinked. */
  pin(program: string, linkPath: string, programPath: string): void;
  /** Takes what was pinned there as attached. The counters of `program` are those of the pinned one from now on. */
  adopt(program: string, linkPath: string, programPath: string): void;
  /** Puts a program into a map of programs: a tail call to this index runs it from the next call on. */
  stage(program: string, map: string, index: number): void;
  /** Bytes of a ring that wait to be drained, the 8 of each record's header included. */
  unread(ring: string): number;
  /**
   * Moves up to `capacity` records of a ring into columns. `fields` has (offset, field type, elements) for each
   * column; a column has room for capacity * elements. Returns the number of records.
   */
  drain(ring: string, fields: Int32Array, columns: readonly Column[], capacity: number, recordSize: number): number;
  /** Copies whole records: u32 length, 4 bytes of nothing, the record padded to 8. Returns the bytes used. */
  records(ring: string, buffer: Uint8Array): number;
  /**
   * Copies the rows of a mapped array whose u64 at `versionOffset` differs from `seen`, which it brings up to date;
   * `rows` gets their numbers. Returns how many; `capacity` of them means there may be more.
   */
  changed(
    map: string,
    fields: Int32Array,
    columns: readonly Column[],
    capacity: number,
    versionOffset: number,
    seen: Float64Array,
    rows: Uint32Array,
  ): number;
  /** Copies rows of a mapped array; a row is padded to 8 bytes. */
  read(map: string, first: number, count: number, buffer: Uint8Array): void;
  /** Writes entries by system call; null keys for a queue. Not for a hot path. */
  update(map: string, keys: Uint8Array | null, values: Uint8Array): void;
  /** Runs a program once, on this CPU, with the given context, and returns its result. */
  testRun(program: string, context?: BigUint64Array): number;
  /** By program. A system call each: for once a second, not for a hot path. */
  counters(): Readonly<Record<string, ProgramCounters>>;
  /** Detaches, unmaps, unloads. Safe twice; everything else throws ERR_CLOSED afterwards. */
  close(): void;
}

/** Loads a BPF object. Throws KernelError with nothing left behind; ERR_ADDON_MISSING when the addon was not built. */
export declare function open(object: Uint8Array, options?: OpenOptions): Session;

/** How many parameters each of these functions of the running kernel has; undefined where there is no such function, or it was inlined away. Reads the kernel's types anew: 30 ms. */
export declare function parameters(functions: readonly string[]): (number | undefined)[];
