import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statfsSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { layoutHash, mapSizes, nfsTenure } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { NfscopeError } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { takeCalls, type Fastening, type Way } from './hooks.ts';
import { fillRows, load, type Program } from './program.ts';
import { savedIdentities, type SavedIdentities } from './saved-identities.ts';

/** BPF_FS_MAGIC of include/uapi/linux/magic.h. */
const BPF_FS = 0xcafe4a11;
/** What totals are made of. The rest is of one run of an agent. */
const keptMaps: readonly (keyof typeof mapSizes)[] = [
  'owners',
  'openers',
  'cgroups',
  'clients',
  'rows',
  'free_rows',
  'spare_rows',
  'totals',
  'loss',
  'events',
  'identities',
  'stages',
  'multi_stages',
  'counting',
  'tenure',
  'beat',
  'saved',
];
/** An agent beats once a second; one that has not for as long is gone. */
const GONE_MS = 3000;
/** An agent looks whether it is still in charge every 100 ms; it reads the rings no more once it knows. */
const HANDOVER_MS = 300;
/**
 * A call that began before our program was attached runs the one before alone, and is counted by it as long as it is the one
 * that `counting` names. Longer than a call takes that does not wait for its server.
 */
const CALL_MS = 10_000;
const FIRST = new Uint8Array(4);

/** What outlives an agent, while one is in charge of it. */
export interface Tenancy {
  /** Since when the totals count. */
  readonly startMs: number;
  readonly identities: SavedIdentities;
  readonly fastening: Fastening;
  /** Throws NFS-206 when another agent is in charge by now. */
  check(): void;
  beat(monotonicMs: number): void;
}

/** What folderName gives, and nothing else: other programs may keep their own things below the same folder. */
const FOLDER = /^totals_[0-9a-f]{16}$/;

/** Our folders below `base`, by their names; those of other layouts and settings too. */
const foldersIn = (base: string): string[] => (existsSync(base) ? readdirSync(base).filter((name) => FOLDER.test(name)) : []);

/** Totals go on only under the same layout and the same settings of the kernel side. bpffs takes no name with a dot. */
function folderName({ max_rows, ring_size, duration_bounds, size_bounds, vfs }: Config): string {
  const settings = JSON.stringify([
    layoutHash,
    keptMaps.map((map) => [map, mapSizes[map]]),
    max_rows,
    ring_size,
    duration_bounds,
    size_bounds,
    vfs,
  ]);
  return `totals_${createHash('sha256').update(settings).digest('hex').slice(0, 16)}`;
}

/** Unlinks what is pinned in a folder: links first, so that nothing counts into maps that go. */
function removeFolder(folder: string): void {
  const names = readdirSync(folder);
  for (const name of [...names.filter((one) => one.startsWith('link_')), ...names.filter((one) => !one.startsWith('link_'))])
    unlinkSync(join(folder, name));
  rmdirSync(folder);
}

/** Removes all that is ours below `base`, and it itself when nothing else is in it. Returns the folders that went. */
export function removePins(base: string): string[] {
  const gone = foldersIn(base).map((name) => join(base, name));
  for (const folder of gone) removeFolder(folder);
  // A container has it as a mount point, which stays.
  if (gone.length > 0 && readdirSync(base).length === 0 && statSync(base).dev === statSync(dirname(base)).dev) rmdirSync(base);
  return gone;
}

function requireBpffs(base: string, where: string): void {
  let folder = base;
  while (!existsSync(folder)) folder = dirname(folder);
  if (statfsSync(folder).type !== BPF_FS) throw new NfscopeError('NFS-207', `pin_path: ${base} is not on a BPF file system`, where);
}

/** Loads the program on what is pinned below `config.pin_path`, or pins it there. The agent that had it lets go. */
export async function loadPinned(
  config: Config,
  where: string,
  ms: number,
): Promise<{ program: Program; tenancy: Tenancy; replaced: string[] }> {
  const base = config.pin_path;
  requireBpffs(base, where);
  const folder = join(base, folderName(config));
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new NfscopeError('NFS-207', `pin_path: ${folder} cannot be made: ${(cause as Error).message}`, where, { cause });
  }
  const pins = Object.fromEntries(keptMaps.map((map) => [map, join(folder, map)]));
  let program = load(config, where, pins);
  if (tenureOf(program.session).startMs === 0) {
    // New, or left half made by an agent that ended before anything counted.
    program.session.close();
    removeFolder(folder);
    mkdirSync(folder, { mode: 0o700 });
    program = load(config, where, pins);
    fillRows(program.session, config.max_rows);
  }
  try {
    const tenancy = await takeOver(program, folder, where, ms);
    const others = foldersIn(base).filter((name) => join(base, name) !== folder);
    for (const name of others) removeFolder(join(base, name));
    return { program, tenancy, replaced: others };
  } catch (error) {
    program.session.close();
    throw error;
  }
}

function tenureOf(session: Session): { readonly holder: bigint; readonly startMs: number } {
  const bytes = new Uint8Array(nfsTenure.size);
  session.read('tenure', 0, 1, bytes);
  const view = new DataView(bytes.buffer);
  const { holder, startMs } = nfsTenure.fields;
  return {
    holder: view.getBigUint64(holder.offset, true),
    startMs: Number(view.getBigUint64(startMs.offset, true)),
  };
}

function beatOf(session: Session): number {
  const bytes = new Uint8Array(8);
  session.read('beat', 0, 1, bytes);
  return Number(new DataView(bytes.buffer).getBigUint64(0, true));
}

const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

async function takeOver(program: Program, folder: string, where: string, ms: number): Promise<Tenancy> {
  const { session } = program;
  const write = (map: 'tenure' | 'beat', ...value: bigint[]): void =>
    session.update(map, FIRST, new Uint8Array(BigUint64Array.from(value).buffer));
  const before = tenureOf(session);
  const startMs = before.startMs || ms;
  const own = randomBytes(8).readBigUInt64LE() | 1n;
  const nowMs = monotonic();
  const silentMs = nowMs - beatOf(session);
  const beat = (monotonicMs: number): void => write('beat', BigInt(Math.floor(monotonicMs)));
  write('tenure', own, BigInt(startMs));
  beat(nowMs);
  if (before.startMs !== 0 && silentMs < GONE_MS) await pause(HANDOVER_MS);
  const check = (): void => {
    if (tenureOf(session).holder !== own) throw new NfscopeError('NFS-206', `another agent has taken over the totals in ${folder}`, where);
  };
  check();
  const fastening = lasting(program, folder, check);
  return {
    startMs,
    identities: savedIdentities(session, check),
    fastening,
    check,
    beat(monotonicMs) {
      beat(monotonicMs);
      fastening.settle(monotonicMs);
    },
  };
}

interface Lasting extends Fastening {
  /** To be called now and then: lets go of programs of before once the calls that only they see have ended. */
  settle(monotonicMs: number): void;
}

/** Hooks whose links are pinned: the program behind a link is exchanged in one step, and never is there none. */
function lasting({ session, generation }: Program, folder: string, check: () => void): Lasting {
  const paths = (way: Way) => ({ link: join(folder, `link_${way.program}`), program: join(folder, `program_${way.program}`) });
  const unpin = (way: Way): void => {
    for (const path of Object.values(paths(way))) if (existsSync(path)) unlinkSync(path);
  };
  /** Attached, beside a program that counts still. */
  let waiting: { readonly way: Way; readonly sinceMs: number }[] = [];
  const replace = (way: Way): void => {
    const { link, program } = paths(way);
    takeCalls(session, way, generation);
    unpin(way);
    session.pin(way.program, link, program);
  };
  return {
    settle(monotonicMs) {
      const due = waiting.filter(({ sinceMs }) => monotonicMs - sinceMs >= CALL_MS);
      if (due.length === 0) return;
      // The tick may have begun long ago, in an agent that was stopped.
      check();
      for (const { way } of due) replace(way);
      waiting = waiting.filter((one) => !due.includes(one));
    },
    choose(ways) {
      // Before 5.15 no link of a kprobe can be pinned.
      const lasting = ways.filter(({ type }) => type !== 'kprobe');
      const pinned = lasting.filter((way) => existsSync(paths(way).link));
      return pinned.length > 0 ? pinned : lasting;
    },
    attach(way) {
      const { link, program } = paths(way);
      if (way.stage === undefined) {
        // Two of them at once do no harm, or only one of them counts: ours is there before the other goes.
        session.attach(way.program);
        if (way.calls !== undefined && existsSync(link)) waiting.push({ way, sinceMs: monotonic() });
        else replace(way);
        return;
      }
      session.stage(way.program, way.stage.map, way.stage.index);
      const stub = `${way.program}_stage`;
      if (existsSync(link)) {
        session.adopt(stub, link, program);
        return;
      }
      session.attach(stub);
      if (existsSync(program)) unlinkSync(program);
      session.pin(stub, link, program);
    },
    detach(way) {
      waiting = waiting.filter((one) => one.way !== way);
      unpin(way);
      session.detach(way.stage === undefined ? way.program : `${way.program}_stage`);
    },
  };
}
