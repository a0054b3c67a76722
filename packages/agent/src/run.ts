import { buildGraph, withDeadline, type Plan, type PlannedComponent } from '@nfscope/pipeline';
import { EMPTY, type Observable } from 'rxjs';
import { followConfiguration, type LoadedPlan } from './followed-configuration.ts';
import { holdInfo } from './held-log.ts';
import type { LeveledLogger } from './log.ts';
import { ownTelemetry } from './own-telemetry.ts';

/** Kubernetes gives 30 s, systemd 90; ten are promised, and one of them is for the process itself. */
const SHUTDOWN_MS = 9_000;

export interface RunContext {
  readonly log: LeveledLogger;
  readonly version: string;
  /** For the line that says what runs. */
  readonly doing: string;
  /** Fires when the user wants an end. */
  readonly stop: AbortSignal;
  /** The user wants the configuration to be loaded anew; without it its files are not watched either. */
  readonly reload?: Observable<unknown>;
  /** Told once, when everything runs. */
  readonly announce: (line: string) => void;
}

/**
 * Runs a plan until `stop` fires, every receiver has completed, or something fails; then shuts down in reverse.
 * Throws what loading, a start or a running component threw; nothing runs then.
 */
export const run = async (load: () => Promise<LoadedPlan>, context: RunContext): Promise<void> => {
  const { log, version, doing, stop, reload, announce } = context;
  const { plan, files } = await load();
  const level = ({ telemetry: { logs } }: Plan): void => log.setLevel(logs.level);
  level(plan);
  const held = holdInfo(log);
  const telemetry = ownTelemetry(version, held.log);
  const graph = buildGraph(plan, { log: held.log, version, meter: telemetry.meter });
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stop.aborted) resolve('stopped');
    else stop.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  const start = async (): Promise<void> => {
    await telemetry.serve(plan.telemetry.metrics);
    await graph.start();
  };
  const apply = async (next: Plan): Promise<void> => {
    const before = graph.plan();
    await telemetry.serve(next.telemetry.metrics);
    try {
      await graph.reload(next);
    } catch (error) {
      await telemetry.serve(before.telemetry.metrics);
      throw error;
    }
    level(next);
  };
  let leave = (): void => {};
  try {
    if ((await Promise.race([start(), stopped])) === 'stopped') return;
    announce(`nfscope ${version} ${doing} ${inWords(plan, graph.urls())}`);
    held.release();
    const follow = { load, apply, log, asked: reload ?? EMPTY, told: telemetry.reloaded };
    leave = followConfiguration(reload ? files : new Map(), follow);
    await Promise.race([graph.done, stopped]);
  } finally {
    leave();
    await withDeadline(SHUTDOWN_MS, async (deadline) => {
      await graph.shutdown(deadline);
      await telemetry.shutdown(deadline);
    });
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
