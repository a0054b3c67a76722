// For a list of components.
export { factory as healthCheckFactory } from './factory.ts';
// For a program of one's own: the extension, and what it answers.
export { healthCheck, type HealthCheck } from './health-check.ts';
export { health, type Health, type Probe } from './health.ts';
export { config as healthCheckConfig, type Config as HealthCheckConfig } from './config.ts';
