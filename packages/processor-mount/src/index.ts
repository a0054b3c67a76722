// The components, for a configuration.
export { factory as nfsMountFactory } from './factory.ts';
export { factory as nfsCoverageFactory } from './coverage-factory.ts';
// The components, for a program of one's own.
export { config as nfsMountConfig, type Config as NfsMountConfig } from './config.ts';
export { nfsMount } from './nfs-mount.ts';
export { config as nfsCoverageConfig, type CoverageConfig as NfsCoverageConfig } from './coverage-config.ts';
export { nfsCoverage } from './nfs-coverage.ts';
