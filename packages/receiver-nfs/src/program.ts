import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { objectFile } from '@nfscope/bpf';
import { nfsEventsMode } from '@nfscope/model';
import { open, type KernelError, type OpenOptions, type Session } from '@nfscope/native';
import { rpcProgram } from '@nfscope/semconv';
import type { Config } from './config.ts';
import { ownHierarchy } from './hierarchy.ts';
import { callbacksPreemptible, hooks, type Hook } from './hooks.ts';
import { MOST_VARIABLES } from './processes.ts';
import { translated } from './refusal.ts';

/** Of the rows: kept for operations whose owner found no row (spare_rows in maps.bpf.h). */
const SPARE = 1 / 12;
/** bounds[31] in nfs.bpf.c. */
const BOUNDS = 31;

/** The BPF object in the kernel, attached to nothing yet. */
export interface Program {
  readonly session: Session;
  /** Whether the kernel took a program; some ways to a hook need what not every kernel has. */
  readonly loaded: (program: string) => boolean;
  /** Whether this kernel preempts programs of tracepoints, and loses runs of them. */
  readonly preemptible: boolean;
}

/**
 * Loads the object with this configuration and hands the kernel its free rows, unless `pins` names maps that are taken
 * from a bpffs, or put there.
 */
export function load(config: Config, where: string, pins?: Readonly<Record<string, string>>): Program {
  const spare = spareRows(config.max_rows);
  const options = {
    ...(config.btf === '' ? {} : { btf: config.btf }),
    ...(pins === undefined ? {} : { pins }),
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
      rpc_programs: numbersOf(config),
      job_variables: kernelVariables(config.job_variables),
      job_variables_set: Uint32Array.of(config.job_variables.length),
      // To an agent that comes after another every process is told again.
      generation: Uint32Array.of(pins === undefined ? 1 : randomInt(2, 2 ** 32 - 1)),
      hierarchy: Uint32Array.of(ownHierarchy()),
    },
  };
  return translated(where, () => {
    const program = openOnce(readFileSync(objectFile), options);
    if (pins === undefined) fillRows(program.session, config.max_rows);
    return program;
  });
}

/** Hands the kernel its free rows. Row 0 is in neither queue. */
export function fillRows(session: Session, maxRows: number): void {
  const spare = spareRows(maxRows);
  session.update('free_rows', null, rowNumbers(1, maxRows - spare));
  session.update('spare_rows', null, rowNumbers(maxRows - spare, maxRows));
}

const spareRows = (maxRows: number): number => Math.ceil(maxRows * SPARE);

/**
 * Loads the needed hooks as raw tracepoints only, unless this kernel loses runs of those. Each kind of way is verified and
 * compiled anew, so all of them would make the start three times as long.
 */
function openOnce(object: Uint8Array, options: OpenOptions): Program {
  const tracepoints = openWhatLoads(object, options, otherThanTracepoints());
  if (!callbacksPreemptible(tracepoints.session)) return { ...tracepoints, preemptible: false };
  tracepoints.session.close();
  return { ...openWhatLoads(object, options, []), preemptible: true };
}

function otherThanTracepoints(): string[] {
  const ways = hooks.flatMap((hook) => (hook.needed ? hook.ways.filter(({ type }) => type !== 'raw_tracepoint') : []));
  return ways.flatMap(({ program }) => [program, `${program}_stage`]);
}

/** One program that the kernel refuses fails the whole object: it is left out, as long as its hook has another way. */
function openWhatLoads(object: Uint8Array, options: OpenOptions, unwanted: readonly string[]): Omit<Program, 'preemptible'> {
  const except = new Set<string>(unwanted);
  for (;;) {
    try {
      return { session: open(object, { ...options, except: [...except] }), loaded: (program) => !except.has(program) };
    } catch (error) {
      const refused = /prog '(\w+)': failed to load/.exec((error as KernelError).log ?? '')?.[1];
      if (refused === undefined || except.has(refused)) throw error;
      const way = refused.replace(/_stage$/, '');
      except.add(way).add(`${way}_stage`);
      const hook = hooks.find(({ ways }) => ways.some(({ program }) => program === way));
      if (hook === undefined || !dispensable(hook, except)) throw error;
    }
  }
}

const dispensable = (hook: Hook, except: ReadonlySet<string>): boolean =>
  !hook.needed || hook.ways.some(({ program }) => !except.has(program));

function kernelBounds(bounds: readonly number[], scale: number): BigUint64Array {
  const result = new BigUint64Array(BOUNDS).fill(0xffff_ffff_ffff_ffffn);
  bounds.forEach((bound, i) => (result[i] = BigInt(Math.round(bound * scale))));
  return result;
}

/** rpc_programs[NFS_PROGRAMS] in nfs.bpf.c. */
function numbersOf({ rpc_programs }: Config): Uint32Array {
  const numbers = new Uint32Array(Object.keys(rpcProgram).length);
  numbers.set(rpc_programs.map((name) => rpcProgram[name]));
  return numbers;
}

/** struct job_variable[NFS_JOB_VARIABLES] in process.bpf.h: `NAME=` and a mask of its bytes, in words, and its length. */
function kernelVariables(variables: readonly string[]): BigUint64Array {
  const words = 5;
  const size = (2 * words + 1) * 8;
  const bytes = Buffer.alloc(MOST_VARIABLES * size);
  for (const [i, name] of variables.entries()) {
    const length = bytes.write(`${name}=`, i * size, 'latin1');
    bytes.fill(0xff, i * size + words * 8, i * size + words * 8 + length);
    bytes.writeBigUInt64LE(BigInt(length), i * size + 2 * words * 8);
  }
  return new BigUint64Array(Uint8Array.from(bytes).buffer);
}

function rowNumbers(from: number, to: number): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: to - from }, (_, i) => from + i).buffer);
}
