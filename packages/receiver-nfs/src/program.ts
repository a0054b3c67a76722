import { existsSync, readFileSync } from 'node:fs';
import { objectFile } from '@nfscope/bpf';
import { nfsEventsMode } from '@nfscope/model';
import { open, type KernelError, type Session } from '@nfscope/native';
import { NfscopeError } from '@nfscope/pipeline';
import type { Config } from './config.ts';

/** Of the rows: kept for operations whose owner found no row (spare_rows in maps.bpf.h). */
const SPARE = 1 / 12;
/** bounds[31] in nfs.bpf.c. */
const BOUNDS = 31;

/** There whether sunrpc is a module or built in. */
const SUNRPC = '/sys/module/sunrpc';

/** Begin before end: an operation whose begin was seen is never charged to nobody. */
const hooks = ['rpc_task_begin', 'rpc_task_end'];
/** Adds exactness when client numbers are reused; a kernel without its tracepoint still counts right until then. */
const optionalHooks = ['rpc_clnt_free'];

/** Loads the program with this configuration and hands the kernel its free rows. Counts nothing yet. */
export function load(config: Config, where: string): Session {
  const spare = Math.ceil(config.max_rows * SPARE);
  return translated(where, () => {
    const session = open(readFileSync(objectFile), {
      ...(config.btf === '' ? {} : { btf: config.btf }),
      mapEntries: {
        events: config.ring_size,
        rows: config.max_rows,
        totals: config.max_rows,
        free_rows: config.max_rows,
        spare_rows: spare,
      },
      constants: {
        events_mode: Uint32Array.of({ off: nfsEventsMode.OFF, slow: nfsEventsMode.SLOW, all: nfsEventsMode.ALL }[config.events]),
        slow_threshold: BigUint64Array.of(BigInt(config.slow_threshold) * 1_000_000n),
        duration_bounds: kernelBounds(config.duration_bounds, 1e9),
        size_bounds: kernelBounds(config.size_bounds, 1),
      },
    });
    // Row 0 is in neither queue.
    session.update('free_rows', null, rowNumbers(1, config.max_rows - spare));
    session.update('spare_rows', null, rowNumbers(config.max_rows - spare, config.max_rows));
    return session;
  });
}

/** Attaches every hook, or none. Returns the optional ones this kernel does not have. */
export function attach(session: Session, where: string): string[] {
  const absent: string[] = [];
  translated(where, () => {
    for (const hook of hooks) session.attach(hook);
  });
  for (const hook of optionalHooks) {
    try {
      session.attach(hook);
    } catch (error) {
      if ((error as KernelError).stage !== 'attach') throw error;
      absent.push(hook);
    }
  }
  return absent;
}

/** One hook of the program, and what the kernel said when it was attached; nothing when it let itself be attached. */
export interface HookTrial {
  readonly hook: string;
  /** Whether nfscope runs without it. */
  readonly optional: boolean;
  readonly error?: NfscopeError;
}

/** Loads the program as a receiver does, tries each hook, and lets go of everything. Throws NFS-201 to NFS-205 when it does not load. */
export function tryHooks(config: Config, where: string): HookTrial[] {
  const session = load(config, where);
  try {
    return [...hooks, ...optionalHooks].map((hook) => {
      const optional = optionalHooks.includes(hook);
      try {
        translated(where, () => session.attach(hook));
        return { hook, optional };
      } catch (error) {
        if (!(error instanceof NfscopeError)) throw error;
        return { hook, optional, error };
      }
    });
  } finally {
    session.close();
  }
}

function kernelBounds(bounds: readonly number[], scale: number): BigUint64Array {
  const result = new BigUint64Array(BOUNDS).fill(0xffff_ffff_ffff_ffffn);
  bounds.forEach((bound, i) => (result[i] = BigInt(Math.round(bound * scale))));
  return result;
}

function rowNumbers(from: number, to: number): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: to - from }, (_, i) => from + i).buffer);
}

/** What the kernel said, as an error for a person (facts: the errno of bpf(2) alone misleads). */
function translated<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const error = cause as KernelError & NodeJS.ErrnoException;
    const detail = { cause };
    if (error.code === 'ERR_ADDON_MISSING' || error.code === 'ERR_ADDON_LOAD')
      throw new NfscopeError('NFS-205', error.message, where, detail);
    if (error.code === 'ENOENT' && error.stage === undefined)
      throw new NfscopeError('NFS-205', `the BPF object ${objectFile} is not there`, where, detail);
    if (error.stage === undefined) throw error.code?.startsWith('ERR_') ? new NfscopeError('NFS-204', error.message, where, detail) : error;
    if (error.code === 'EPERM' || error.code === 'EACCES') throw new NfscopeError('NFS-201', permissionText(error), where, detail);
    // Some kernels have the types only in the module: without it loading fails before attaching does.
    if (!existsSync(SUNRPC)) throw new NfscopeError('NFS-202', 'no NFS client is loaded in this kernel (no sunrpc module)', where, detail);
    throw new NfscopeError('NFS-203', `${error.message}${lastLine(error.log)}`, where, detail);
  }
}

/** bpf(2) says EPERM for both capabilities; which one is missing shows in how far it came. */
function permissionText(error: KernelError): string {
  const missing = error.log.includes('bpf_object__probe_loading') || error.stage === 'map' ? 'CAP_BPF' : 'CAP_PERFMON';
  return `the kernel does not let this process load BPF programs (${error.code}, ${missing} is missing)`;
}

function lastLine(log: string): string {
  const line = log
    .trim()
    .split('\n')
    .findLast((text) => /invalid|failed to|not allowed|unknown|too/i.test(text));
  return line === undefined ? '' : `: ${line.replace(/^libbpf: /, '')}`;
}
