// Where Debian's Prometheus is, or why there is none.
export { noPrometheus } from './program.ts';
// Its checker.
export { promtool } from './promtool.ts';
// A server of it.
export { freePort, startPrometheus, type Prometheus, type PrometheusOptions, type Sample } from './server.ts';
