import { NfscopeError, printable, type Factory, type Plan } from '@nfscope/pipeline';
import { removePins } from '@nfscope/receiver-nfs';
import type { Observable } from 'rxjs';
import { helpText, parseCommandLine } from './command-line.ts';
import { componentList, componentTable } from './component-table.ts';
import { InvalidConfiguration, loadConfiguration, loadPlan } from './configuration.ts';
import { configurationSchema } from './configuration-schema.ts';
import { examine } from './doctor/doctor.ts';
import { tryProgram } from './doctor/program-trial.ts';
import { jsonReport, textReport, verdictOf } from './doctor/report.ts';
import type { Environment } from './expressions.ts';
import { createLog, type LogLevel } from './log.ts';
import { printedConfig } from './printed-config.ts';
import type { LoadedPlan } from './followed-configuration.ts';
import { inReplayFolder, recordInto, replayFrom } from './recording.ts';
import { run, type RunContext } from './run.ts';
import { version } from './version.ts';

/** The world of one call of the command. */
export interface Surroundings {
  readonly env: Environment;
  /** Fires at SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** The user wants the configuration to be loaded anew: SIGHUP. */
  readonly reload?: Observable<unknown>;
  /** Data. */
  readonly out: (text: string) => void;
  /** Status and errors. */
  readonly err: (text: string) => void;
}

/** The `nfscope` command: 0 done, 1 an unexpected error (of doctor: a limit), 2 wrong input or environment. Never throws. */
export const nfscope = async (args: readonly string[], factories: readonly Factory[], surroundings: Surroundings): Promise<0 | 1 | 2> => {
  const { err } = surroundings;
  try {
    return await perform(args, factories, surroundings);
  } catch (error) {
    if (error instanceof InvalidConfiguration) err(`${error.message}\n`);
    else if (error instanceof NfscopeError) err(`${error.toText()}\n`);
    else {
      err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      return 1;
    }
    return 2;
  }
};

/** Throws NFS-207 when something cannot be removed. */
const cleanUp = (folder: string): string[] => {
  try {
    return removePins(folder);
  } catch (cause) {
    const mend = 'Run it as the user that nfscope ran as, or root, and give --pin-path the folder that `pin_path` names.';
    throw new NfscopeError('NFS-207', `not all of it can be removed: ${(cause as Error).message}`, folder, { mend, cause });
  }
};

const once = (plan: Plan) => async (): Promise<LoadedPlan> => ({ plan, files: new Map() });

/** By the worst that doctor saw. */
const exitCodes = { ok: 0, warn: 1, fail: 2 } as const;

const perform = async (
  args: readonly string[],
  factories: readonly Factory[],
  { env, stop, reload, out, err }: Surroundings,
): Promise<0 | 1 | 2> => {
  const command = parseCommandLine(args);
  const context = (logLevel: LogLevel, doing: string): RunContext => ({
    version,
    doing,
    stop,
    log: createLog(logLevel),
    announce: (line) => err(`${printable(line)}\n`),
  });
  switch (command.name) {
    case 'help':
      out(helpText);
      return 0;
    case 'version':
      out(`${version}\n`);
      return 0;
    case 'components':
      out(command.output === 'json' ? componentList(factories, version) : componentTable(factories));
      return 0;
    case 'schema':
      out(`${JSON.stringify(configurationSchema(factories), undefined, 2)}\n`);
      return 0;
    case 'doctor': {
      const checks = examine({ procfs: command.procfs, sysfs: '/sys' }, tryProgram());
      out(command.output === 'json' ? jsonReport(checks) : textReport(checks));
      return exitCodes[verdictOf(checks)];
    }
    case 'cleanup': {
      const gone = cleanUp(command.pinPath);
      out(gone.length > 0 ? gone.map((folder) => `removed ${folder}\n`).join('') : `nothing is pinned below ${command.pinPath}\n`);
      return 0;
    }
    case 'validate':
      out(`${(await loadConfiguration(command.sources, factories, env)).name} is valid\n`);
      return 0;
    case 'print-config':
      out(printedConfig((await loadConfiguration(command.sources, factories, env)).value, factories));
      return 0;
    case 'run': {
      await run(() => loadConfiguration(command.sources, factories, env), {
        ...context(command.logLevel, 'runs'),
        ...(reload && { reload }),
      });
      return 0;
    }
    case 'record': {
      const { sources, output, durationMs } = command;
      const plan = await loadPlan(sources, factories, env, (value, name) => recordInto(output, value, name));
      const end = durationMs === undefined ? stop : AbortSignal.any([stop, AbortSignal.timeout(durationMs)]);
      await run(once(plan), { ...context(command.logLevel, `records into ${output}:`), stop: end });
      return 0;
    }
    case 'replay': {
      const { sources, file, speed, atEnd } = command;
      await inReplayFolder(async (folder) => {
        const settings = { file, speed, at_end: atEnd, folder };
        const plan = await loadPlan(sources, factories, env, (value, name) => replayFrom(settings, value, name));
        await run(once(plan), context(command.logLevel, `replays ${file}:`));
      });
      return 0;
    }
  }
};
