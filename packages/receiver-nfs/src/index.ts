// The component, for a configuration.
export { factory as nfsReceiverFactory } from './factory.ts';
// The component, for a program of one's own.
export { config as nfsReceiverConfig, type Config as NfsReceiverConfig } from './config.ts';
export { nfsReceiver } from './nfs-receiver.ts';
// Whether this kernel takes the program, without counting anything.
export { tryHooks, type HookTrial } from './program.ts';
