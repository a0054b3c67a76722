import type { ProgramState } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import type { Logger } from '@nfscope/pipeline';
import { attachHooks, type Attachment, type Fastening } from './hooks.ts';
import type { Program } from './program.ts';
import { runWalk } from './superblocks.ts';

/** The hooks of the program, attached while NFS is mounted anywhere on the node, and only then. */
export interface Attachments {
  /** Looks for mounts, and attaches or lets go. Throws what the kernel said to a needed hook. */
  follow(): void;
  list(): readonly Attachment[];
  /** Every hook, attached or not. */
  states(): ProgramState[];
}

export function attachWhileMounted(program: Program, fastening: Fastening, where: string, log: Logger): Attachments {
  const { session } = program;
  let attached: readonly Attachment[] = [];
  return {
    list: () => attached,
    states() {
      const counters = session.counters();
      return program.hooks.map(({ name, ways }) => {
        // Of every way, since one may have been left for another.
        const programs = ways.flatMap(({ program }) => [program, `${program}_stage`]);
        const sum = (of: 'missed' | 'runs' | 'runTimeNs') => programs.reduce((all, program) => all + (counters[program]?.[of] ?? 0), 0);
        return {
          hook: name,
          type: attached.find(({ hook }) => hook === name)?.way.type,
          missed: sum('missed'),
          runs: sum('runs'),
          runTime: sum('runTimeNs') / 1e9,
        };
      });
    },
    follow() {
      const mounts = mountsOf(session);
      if (mounts === undefined || mounts > 0 === attached.length > 0) return;
      if (mounts === 0) {
        for (const { way } of attached) fastening.detach(way);
        attached = [];
        log.info('detached: no NFS is mounted');
        return;
      }
      const result = attachHooks(program, where, fastening);
      attached = result.attached;
      log.info('attached', { hooks: attached.map(({ hook, way }) => `${hook} as ${way.type}`) });
      for (const { hook, error } of result.absent) log.warn(`${hook.name} cannot be attached: ${hook.without}`, { error });
    },
  };
}

/** NFS superblocks of the node, in all mount namespaces; undefined when the kernel's list did not stand still. */
const mountsOf = (session: Session): number | undefined => runWalk(session, 'SUPERBLOCKS');
