import { holdInfo } from './held-log.ts';
import { buildGraph, withDeadline, type Logger, type Plan, type PlannedComponent } from '@nfscope/pipeline';

/** Kubernetes gives 30 s, systemd 90; ten are promised, and one of them is for the process itself. */
const SHUTDOWN_MS = 9_000;

export interface RunContext {
  readonly log: Logger;
  readonly version: string;
  /** For the line that says what runs. */
  readonly doing: string;
  /** Fires when the user wants an end. */
  readonly stop: AbortSignal;
  /** Told once, when everything runs. */
  readonly announce: (line: string) => void;
}

/**
 * Runs a plan until `stop` fires, every receiver has completed, or something fails; then shuts down in reverse.
 * Throws what a start or a running component threw; nothing runs then.
 */
export const run = async (plan: Plan, { log, version, doing, stop, announce }: RunContext): Promise<void> => {
  const held = holdInfo(log);
  const graph = buildGraph(plan, { log: held.log, version });
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stop.aborted) resolve('stopped');
    else stop.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  try {
    if ((await Promise.race([graph.start(), stopped])) === 'stopped') return;
    announce(`nfscope ${version} ${doing} ${inWords(plan, graph.urls())}`);
    held.release();
    await Promise.race([graph.done, stopped]);
  } finally {
    await withDeadline(SHUTDOWN_MS, graph.shutdown);
  }
};

/** `nfs: nfs -> nfs_mount -> metrics; metrics: metrics -> prometheus (http://127.0.0.1:9464/metrics)`. */
const inWords = (plan: Plan, urls: ReadonlyMap<string, string>): string => {
  const named = ({ kind, id }: PlannedComponent): string => (kind === 'exporter' && urls.has(id) ? `${id} (${urls.get(id)})` : id);
  return plan.pipelines
    .map(({ id, receivers, processors, exporters }) => {
      const stages = [receivers.map(named).join(' + '), ...processors.map(named), exporters.map(named).join(' + ')];
      return `${id}: ${stages.join(' -> ')}`;
    })
    .join('; ');
};
