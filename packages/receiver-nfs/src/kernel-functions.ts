import { parameters, type KernelError } from '@nfscope/native';
import type { Hook } from './hooks.ts';

/** Functions of the running kernel that trampolines are for, as far as it has them. */
export interface KernelFunctions {
  /** Programs for functions that it has not: it would refuse them. */
  readonly except: readonly string[];
  /** Without those that are for newer kernels. */
  readonly hooks: readonly Hook[];
  parameters(name: string): number | undefined;
}

export function kernelFunctions(hooks: readonly Hook[]): KernelFunctions {
  const ways = hooks.flatMap((hook) => hook.ways.filter((way) => way.function !== undefined));
  const counts = known(ways.map((way) => way.function!));
  const of = new Map(ways.map((way, i) => [way.function, counts[i]]));
  return {
    except: ways.filter((way) => of.get(way.function) === undefined).map(({ program }) => program),
    hooks: hooks.filter(({ newer, ways: [way] }) => !newer || of.get(way!.function) !== undefined),
    parameters: (name) => of.get(name),
  };
}

/** A kernel without types of its own has no trampolines either. */
function known(functions: readonly string[]): (number | undefined)[] {
  try {
    return parameters(functions);
  } catch (error) {
    if ((error as KernelError).stage === undefined) throw error;
    return functions.map(() => undefined);
  }
}
