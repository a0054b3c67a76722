// The components, for a configuration.
export { factory as nfsReceiverFactory } from './factory.ts';
export { factory as nfsReplayFactory } from './replay-factory.ts';
// The components, for a program of one's own.
export { config as nfsReplayConfig, type ReplayConfig as NfsReplayConfig } from './replay-config.ts';
export { nfsReplay } from './nfs-replay.ts';
export { config as nfsReceiverConfig, type Config as NfsReceiverConfig } from './config.ts';
export { nfsReceiver } from './nfs-receiver.ts';
// Whether this kernel takes the program, without counting anything.
export { tryHooks, type HookTrial } from './trial.ts';
// What totals leave on a BPF file system.
export { removePins } from './pins.ts';
// Which cgroups are the owners.
export { v1Controller, type V1Controller } from './hierarchy.ts';
