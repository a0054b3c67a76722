import { ConfigError, planPipelines, type Factory, type NfscopeError, type Plan } from '@nfscope/pipeline';
import { parseConfig, readConfig } from './config-file.ts';
import { defaultConfig, defaultConfigName } from './default-config.ts';
import type { Environment } from './expand-env.ts';

/** Everything that is wrong in a configuration, each error placed by file, line and column. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
  readonly errors: readonly NfscopeError[];

  constructor(errors: readonly NfscopeError[]) {
    super(errors.map((error) => error.toLine()).join('\n'));
    this.errors = errors;
  }
}

/**
 * Reads and checks a configuration, or the built-in one when `file` is undefined; creates nothing. `edit` may change what
 * was read before it is checked; it is told the name of the configuration for its errors.
 * Throws NfscopeError when it cannot be read or parsed, InvalidConfiguration when what it says cannot run.
 */
export const loadPlan = async (
  file: string | undefined,
  factories: readonly Factory[],
  env: Environment,
  edit: (value: unknown, name: string) => unknown = (value) => value,
): Promise<Plan> => {
  const config = file === undefined ? parseConfig(defaultConfig, defaultConfigName, env) : await readConfig(file, env);
  try {
    return planPipelines(edit(config.value, file ?? defaultConfigName), factories);
  } catch (error) {
    if (error instanceof ConfigError) throw new InvalidConfiguration(error.located((issue) => config.where(issue)));
    throw error;
  }
};
