// Dashboards, rules and runbooks from deploy/monitoring.
import { files } from '../deploy/monitoring/dist/index.js';

/** Path -> text. */
export async function outputs() {
  return files();
}
