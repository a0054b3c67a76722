// Where Debian's Prometheus is and one of today, or why there is none.
export { debianPrometheus, noPrometheus, prometheus3, type Installed } from './program.ts';
// Its checker.
export { promtool } from './promtool.ts';
// A server of it.
export { freePort, startPrometheus, type Prometheus, type PrometheusOptions, type Sample } from './server.ts';
