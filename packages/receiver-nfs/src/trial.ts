import { NfscopeError } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { passing, tryHook, type WayType } from './hooks.ts';
import { load } from './program.ts';

/** A hook of the program: the way it lets itself be attached, or what the kernel said. */
export interface HookTrial {
  readonly hook: string;
  /** Whether nfscope runs without it, and what is lost then. */
  readonly optional: boolean;
  readonly without?: string;
  readonly type?: WayType;
  readonly error?: NfscopeError;
}

/** Loads the program as a receiver does, tries each hook, and lets go of everything. Throws NFS-201 to NFS-205 when it does not load. */
export function tryHooks(config: Config, where: string): HookTrial[] {
  const program = load(config, where);
  const { session } = program;
  try {
    const fastening = passing(program);
    return program.hooks.map((hook) => {
      const about = {
        hook: hook.name,
        optional: !hook.needed,
        ...(hook.without === undefined ? {} : { without: hook.without }),
      };
      const { way, error } = tryHook(hook, program, where, fastening);
      if (way !== undefined) return { ...about, type: way.type };
      if (error instanceof NfscopeError) return { ...about, error };
      throw error;
    });
  } finally {
    session.close();
  }
}
