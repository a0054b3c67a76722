// docs/dashboards: what Grafana's dashboards show of an hour, drawn from the answers of a real Prometheus, which has to
// be on PATH or unpacked by the lab.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, step } from './step.mjs';

if (!(await step('build', 'tsc', ['-b', 'deploy/monitoring']))) process.exit(1);
const { noPrometheus } = await import('../test/prometheus/dist/index.js');
if (noPrometheus !== undefined) {
  process.stderr.write(`no pictures: ${noPrometheus}\n`);
  process.exit(1);
}
const { pictures } = await import('../deploy/monitoring/dist/testing/pictures.js');
for (const [path, text] of await pictures()) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  process.stdout.write(`wrote ${path}\n`);
}
