import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { objectFile } from '@nfscope/bpf';
import { nfsEventsMode } from '@nfscope/model';
import { open, type KernelError, type OpenOptions, type Session } from '@nfscope/native';
import { rpcProgram } from '@nfscope/semconv';
import type { Config } from './config.ts';
import { ownHierarchy } from './hierarchy.ts';
import { callbacksPreemptible, hooks, isTrampoline, type Hook, type Loaded } from './hooks.ts';
import { MOST_VARIABLES } from './processes.ts';
import { kernelFunctions } from './kernel-functions.ts';
import { translated } from './refusal.ts';
import { vfsHooks } from './vfs-hooks.ts';

/** Of the rows: kept for operations whose owner found no row (spare_rows in maps.bpf.h). */
const SPARE = 1 / 12;
/** bounds[31] in nfs.bpf.c. */
const BOUNDS = 31;

/** The BPF object in the kernel, attached to nothing yet. */
export type Program = Loaded;

/**
 * Loads the object with this configuration and hands the kernel its free rows, unless `pins` names maps that are taken
 * from a bpffs, or put there.
 */
export function load(config: Config, where: string, pins?: Readonly<Record<string, string>>): Program {
  const spare = spareRows(config.max_rows);
  const generation = pins === undefined ? 1 : randomInt(2, 2 ** 32 - 1);
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
      generation: Uint32Array.of(generation),
      hierarchy: Uint32Array.of(ownHierarchy()),
    },
  };
  return translated(where, () => {
    const functions = kernelFunctions(config.vfs ? [...hooks, ...vfsHooks] : hooks);
    const constants = {
      ...options.constants,
      // Before 800ba29547e1 ("fs: Pass an iocb to generic_perform_write()"), 5.18.
      write_takes_file: Uint32Array.of(functions.parameters('generic_perform_write') === 3 ? 1 : 0),
    };
    const except = [...functions.except, ...(config.vfs ? [] : vfsHooks.flatMap(({ ways }) => ways.map(({ program }) => program)))];
    const loaded = openOnce(readFileSync(objectFile), { ...options, constants, except }, functions.hooks);
    const program = { ...loaded, generation, hooks: functions.hooks };
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
function openOnce(object: Uint8Array, options: OpenOptions, all: readonly Hook[]): Omit<Program, 'generation' | 'hooks'> {
  const { except = [] } = options;
  const tracepoints = openWhatLoads(object, { ...options, except: [...except, ...otherThanTracepoints()] }, all);
  if (!callbacksPreemptible(tracepoints.session)) return { ...tracepoints, preemptible: false };
  tracepoints.session.close();
  return { ...openWhatLoads(object, options, all), preemptible: true };
}

function otherThanTracepoints(): string[] {
  const ways = hooks.flatMap((hook) => (hook.needed ? hook.ways.filter(({ type }) => type !== 'raw_tracepoint') : []));
  return ways.flatMap(({ program }) => [program, `${program}_stage`]);
}

/** One program that the kernel refuses fails the whole object: it is left out, as long as its hook has another way. */
function openWhatLoads(object: Uint8Array, options: OpenOptions, all: readonly Hook[]): Pick<Program, 'session' | 'loaded' | 'refusals'> {
  const except = new Set(options.except);
  const refusals = new Map<string, KernelError>();
  for (;;) {
    try {
      return { session: open(object, { ...options, except: [...except] }), loaded: (program) => !except.has(program), refusals };
    } catch (error) {
      const refused = /prog '(\w+)': failed to load/.exec((error as KernelError).log ?? '')?.[1]?.replace(/_stage$/, '');
      const hook = all.find(({ ways }) => ways.some(({ program }) => program === refused));
      if (refused === undefined || hook === undefined || except.has(refused)) throw error;
      for (const program of refusedWith(refused, error as KernelError, all)) {
        except.add(program).add(`${program}_stage`);
        refusals.set(program, error as KernelError);
      }
      if (!dispensable(hook, except)) throw error;
    }
  }
}

/** ENOTSUPP of include/linux/errno.h: an architecture without trampolines. */
const ENOTSUPP = 524;

/** Where a trampoline is not allowed, none is; each of them would be a whole load more. */
function refusedWith(refused: string, { code, errno }: KernelError, all: readonly Hook[]): string[] {
  const trampolines = all.flatMap(({ ways }) => ways.filter(isTrampoline).map(({ program }) => program));
  return trampolines.includes(refused) && (code === 'EPERM' || errno === ENOTSUPP) ? trampolines : [refused];
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
