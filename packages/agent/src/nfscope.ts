import { NfscopeError, type Factory } from '@nfscope/pipeline';
import { helpText, parseCommandLine } from './command-line.ts';
import { componentTable } from './component-table.ts';
import { InvalidConfiguration, loadPlan } from './configuration.ts';
import { defaultConfigName } from './default-config.ts';
import type { Environment } from './expand-env.ts';
import { createLog } from './log.ts';
import { run } from './run.ts';
import { version } from './version.ts';

/** The world of one call of the command. */
export interface Surroundings {
  readonly env: Environment;
  /** Fires at SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** Data. */
  readonly out: (text: string) => void;
  /** Status and errors. */
  readonly err: (text: string) => void;
}

/** The `nfscope` command: 0 done, 1 an unexpected error, 2 wrong input or environment. Never throws. */
export const nfscope = async (args: readonly string[], factories: readonly Factory[], surroundings: Surroundings): Promise<0 | 1 | 2> => {
  const { err } = surroundings;
  try {
    await perform(args, factories, surroundings);
    return 0;
  } catch (error) {
    if (error instanceof InvalidConfiguration) err(`${error.message}\n`);
    else if (error instanceof NfscopeError) err(`${error.toLine()}\n`);
    else {
      err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      return 1;
    }
    return 2;
  }
};

const perform = async (args: readonly string[], factories: readonly Factory[], { env, stop, out, err }: Surroundings): Promise<void> => {
  const command = parseCommandLine(args);
  switch (command.name) {
    case 'help':
      return out(helpText);
    case 'version':
      return out(`${version}\n`);
    case 'components':
      return out(componentTable(factories));
    case 'validate':
      await loadPlan(command.config, factories, env);
      return out(`${command.config ?? defaultConfigName} is valid\n`);
    case 'run': {
      const plan = await loadPlan(command.config, factories, env);
      return run(plan, { version, stop, log: createLog(command.logLevel), announce: (line) => err(`${line}\n`) });
    }
  }
};
