import { NfscopeError } from '@nfscope/pipeline';
import { nfsReceiverConfig, tryHooks, type HookTrial } from '@nfscope/receiver-nfs';

/** What the kernel said to the program itself: the error of loading it, or what each hook said. */
export type ProgramTrial = { readonly refused: NfscopeError } | { readonly hooks: readonly HookTrial[] };

/** Loads the program as a receiver without settings does, tries its hooks, and leaves nothing behind. */
export const tryProgram = (): ProgramTrial => {
  try {
    return { hooks: tryHooks(nfsReceiverConfig.parse({}), 'nfs') };
  } catch (error) {
    if (error instanceof NfscopeError) return { refused: error };
    throw error;
  }
};

/** Whether bpf(2) answered, if only by finding a fault in the program. */
export const bpfAnswers = (trial: ProgramTrial): boolean =>
  'hooks' in trial || trial.refused.code === 'NFS-202' || trial.refused.code === 'NFS-203';
