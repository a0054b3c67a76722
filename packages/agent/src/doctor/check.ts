import { readFileSync } from 'node:fs';

/** `unknown`: what would tell could not be read. */
export type State = 'ok' | 'warn' | 'fail' | 'unknown';

/** One thing nfscope needs of a node. `evidence` is what was seen; `mend` is for whoever wants it `ok`. */
export interface Check {
  readonly name: string;
  readonly state: State;
  readonly evidence: string;
  readonly mend?: string;
}

/** Where the node's procfs and sysfs are mounted. */
export interface NodeRoots {
  readonly procfs: string;
  readonly sysfs: string;
}

/** The file, or undefined when it is not there or not for this process: what that means is the check's to say. */
export const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
};

/** A check that could not be made since `file` cannot be read. */
export const unreadable = (name: string, file: string): Check => ({
  name,
  state: 'unknown',
  evidence: `${file} cannot be read`,
  mend: 'Run it on a Linux node; in a container, mount the procfs of the node and name it with --procfs.',
});
