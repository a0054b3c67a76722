// The component, for a configuration.
export { factory as nfsMountFactory } from './factory.ts';
// The component, for a program of one's own.
export { config as nfsMountConfig, type Config as NfsMountConfig } from './config.ts';
export { nfsMount } from './nfs-mount.ts';
