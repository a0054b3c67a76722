// What the `nfscope` command can do, for a command of one's own with other components.
export { nfscope, type Surroundings } from './nfscope.ts';
export { components } from './components.ts';
// Its configuration: reading, checking, and what runs without one.
export { InvalidConfiguration, loadConfiguration, loadPlan, type Configuration, type ConfigSources } from './configuration.ts';
export { printedConfig } from './printed-config.ts';
export { configurationSchema } from './configuration-schema.ts';
export { defaultConfig } from './default-config.ts';
export { helpText } from './command-line.ts';
export type { Environment } from './expressions.ts';
