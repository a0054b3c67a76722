import { readFileSync, writeFileSync } from 'node:fs';
import type { KernelError, Session } from '@nfscope/native';
import { NfscopeError } from '@nfscope/pipeline';
import { refusal, translated } from './refusal.ts';

/** How a program is called, in the kernel's words. */
export type WayType = 'raw_tracepoint' | 'kprobe.multi' | 'kprobe' | 'fexit' | 'fentry';

/** A program that serves a hook. */
export interface Way {
  readonly program: string;
  readonly type: WayType;
  /** Where the program may be exchanged while it is pinned; absent when two of it at once do no harm. */
  readonly stage?: { readonly map: 'stages' | 'multi_stages'; readonly index: number };
  /** Of a trampoline: what it is put at. */
  readonly function?: string;
  /** What it counts (enum nfs_vfs), unless the map `counting` names another agent for it: that is how it is exchanged. */
  readonly calls?: readonly number[];
}

/** A place in the kernel where we are called, and the ways to be called there. */
export interface Hook {
  readonly name: string;
  /** Without it nothing is counted. */
  readonly needed: boolean;
  /** Whether only newer kernels have the place; the others need no hook for it. */
  readonly newer?: true;
  /** What is not as exact without it, for a person. */
  readonly without?: string;
  readonly ways: readonly Way[];
}

/** Indexes: enum stage of hooks.bpf.h. */
const stage = { begin: 0, end: 1, free: 2 } as const;
const raw = (index: number) => ({ map: 'stages', index }) as const;
const multi = (index: number) => ({ map: 'multi_stages', index }) as const;

/** Of the operations. Begin before end: one whose begin was seen is never charged to nobody. */
export const hooks: readonly Hook[] = [
  {
    name: 'rpc_task_begin',
    needed: true,
    ways: [
      { program: 'rpc_task_begin', type: 'raw_tracepoint', stage: raw(stage.begin) },
      { program: 'rpc_execute', type: 'kprobe.multi', stage: multi(stage.begin) },
      { program: 'rpc_execute_kprobe', type: 'kprobe' },
    ],
  },
  {
    name: 'rpc_task_end',
    needed: true,
    ways: [
      { program: 'rpc_task_end', type: 'raw_tracepoint', stage: raw(stage.end) },
      { program: 'rpc_exit_task', type: 'kprobe.multi', stage: multi(stage.end) },
      { program: 'rpc_exit_task_kprobe', type: 'kprobe' },
    ],
  },
  {
    name: 'rpc_clnt_free',
    needed: false,
    without: 'mounts that follow each other under one client number look like one',
    ways: [{ program: 'rpc_clnt_free', type: 'raw_tracepoint', stage: raw(stage.free) }],
  },
  {
    name: 'sched_process_exec',
    needed: false,
    without: 'a process goes by the name it had when its first operation began',
    ways: [{ program: 'sched_process_exec', type: 'raw_tracepoint' }],
  },
  {
    name: 'sched_process_exit',
    needed: false,
    without: 'a process may go by the name of an earlier one with its number',
    ways: [{ program: 'sched_process_exit', type: 'raw_tracepoint' }],
  },
  {
    name: 'do_filp_open',
    needed: false,
    without: 'a page that one container reads and another writes is charged to the one that read it',
    ways: [
      { program: 'open_fexit', type: 'fexit', function: 'do_filp_open' },
      { program: 'open_file_fexit', type: 'fexit', function: 'do_file_open' },
      { program: 'open_kretprobe_multi', type: 'kprobe.multi' },
      { program: 'open_file_kretprobe_multi', type: 'kprobe.multi' },
      { program: 'open_kretprobe', type: 'kprobe' },
      { program: 'open_file_kretprobe', type: 'kprobe' },
    ],
  },
];

/** A hook and the way it was attached. */
export interface Attachment {
  readonly hook: string;
  readonly way: Way;
}

/** A hook no way leads to, and what the kernel said to the first that was tried. */
export interface Absence {
  readonly hook: Hook;
  readonly error: unknown;
}

const COMM = '/proc/self/comm';

/**
 * Whether this kernel may preempt a raw tracepoint program, which then loses runs: seen in a run of one, since neither
 * a version nor a type tells it. False where it cannot be told.
 */
export function callbacksPreemptible(session: Session): boolean {
  try {
    session.attach('callback_probe');
    try {
      writeFileSync(COMM, readFileSync(COMM, 'utf8').trimEnd());
    } finally {
      session.detach('callback_probe');
    }
  } catch {
    return false;
  }
  const seen = new Uint8Array(16);
  session.read('callbacks', 0, 1, seen);
  return new DataView(seen.buffer).getBigUint64(8, true) > 0n;
}

/** What a kernel took of the program, and how it calls it (Program of program.ts). */
export interface Loaded {
  readonly session: Session;
  readonly loaded: (program: string) => boolean;
  /** What it said to those it did not take. */
  readonly refusals: ReadonlyMap<string, KernelError>;
  readonly preemptible: boolean;
  readonly hooks: readonly Hook[];
  /** Tells this agent's programs from those of others that are pinned. */
  readonly generation: number;
}

export const isTrampoline = ({ type }: Way): boolean => type === 'fexit' || type === 'fentry';

/** The ways to a hook, best first. Programs that this kernel did not load are left out. */
function waysTo(hook: Hook, { preemptible, loaded }: Loaded): Way[] {
  const ways = hook.ways.filter(({ program }) => loaded(program));
  const lossy = (way: Way): boolean => preemptible && (way.type === 'raw_tracepoint' || isTrampoline(way));
  return [...ways.filter((way) => !lossy(way)), ...ways.filter(lossy)];
}

/** How a way is attached and let go of: by this process alone, or so that it outlives it. */
export interface Fastening {
  /** Which of the ways to a hook come into question, best first. */
  choose(ways: readonly Way[]): readonly Way[];
  attach(way: Way): void;
  detach(way: Way): void;
}

export const passing = ({ session, generation }: Loaded): Fastening => ({
  choose: (ways) => ways,
  attach(way) {
    session.attach(way.program);
    takeCalls(session, way, generation);
  },
  detach: ({ program }) => session.detach(program),
});

/** From now on the calls that a way counts are counted by the program of this generation, and by no other. */
export function takeCalls(session: Session, { calls = [] }: Way, generation: number): void {
  for (const call of calls) {
    const [key, value] = [Uint32Array.of(call), Uint32Array.of(generation)];
    session.update('counting', new Uint8Array(key.buffer), new Uint8Array(value.buffer));
  }
}

/**
 * Attaches each hook by the first way that works. Throws what the kernel said to the best way of a needed hook that has
 * none, with nothing attached.
 */
export function attachHooks(
  program: Loaded,
  where: string,
  fastening: Fastening,
): { readonly attached: Attachment[]; readonly absent: Absence[] } {
  const attached: Attachment[] = [];
  const absent: Absence[] = [];
  for (const hook of program.hooks) {
    const trial = tryHook(hook, program, where, fastening);
    if (trial.way !== undefined) attached.push({ hook: hook.name, way: trial.way });
    else if (!hook.needed) absent.push({ hook, error: trial.error });
    else {
      for (const { way } of attached) fastening.detach(way);
      throw trial.error;
    }
  }
  return { attached, absent };
}

/** Attaches by the first way that works; says what the kernel said to the first, when none does. */
export function tryHook(
  hook: Hook,
  program: Loaded,
  where: string,
  fastening: Fastening,
): { readonly way?: Way; readonly error?: unknown } {
  let first: unknown;
  for (const way of fastening.choose(waysTo(hook, program))) {
    try {
      translated(where, () => fastening.attach(way));
      return { way };
    } catch (error) {
      if ((error as { cause?: KernelError }).cause?.stage !== 'attach') throw error;
      first ??= error;
    }
  }
  const refused = hook.ways.map((way) => program.refusals.get(way.program)).find((one) => one !== undefined);
  if (refused !== undefined) first ??= refusal(refused, where);
  return { error: first ?? new NfscopeError('NFS-203', 'this kernel has no place for it', where) };
}
