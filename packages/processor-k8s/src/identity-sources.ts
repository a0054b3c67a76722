import type { ComponentContext } from '@nfscope/pipeline';
import { startApi } from './api.ts';
import type { ClusterTables } from './cluster-tables.ts';
import type { Config, SourceName } from './config.ts';
import { startCri } from './cri.ts';
import { startDocker } from './docker.ts';
import { SourceMissing, type Identities, type Watch } from './identity-source.ts';
import { startLogs } from './logs.ts';
import type { Projection } from './pod.ts';
import { filterOf } from './pod-filter.ts';
import { watchPodsFile } from './pods-file.ts';
import { trackPods, type Pods } from './pods.ts';

/** A source of identity that is there. */
export interface RunningSource {
  readonly name: SourceName | 'file';
  readonly pods: Pods;
  readonly watch: Watch;
}

type Start = (config: Config, context: ComponentContext, into: Identities, cluster: ClusterTables) => Promise<Watch>;

const starts: Readonly<Record<SourceName | 'file', Start>> = {
  api: startApi,
  cri: ({ cri }, { log }, into) => startCri(cri, into, log),
  docker: ({ docker }, { log }, into) => startDocker(docker, into, log),
  logs: ({ logs }, { log }, into) => startLogs(logs, into, log),
  file: ({ pods_file: file }, { log }, { pods }) => watchPodsFile(file, pods, log),
};

/** Starts what the configuration names, and passes over what is not there. Throws with nothing started when one refuses. */
export const startSources = async (
  config: Config,
  context: ComponentContext,
  project: Projection,
  cluster: ClusterTables,
): Promise<RunningSource[]> => {
  const isWanted = filterOf(config.filter);
  const names: readonly (keyof typeof starts)[] = config.pods_file === '' ? config.sources : ['file'];
  const started = await Promise.allSettled(
    names.map(async (name): Promise<RunningSource> => {
      // The API server filters by itself, and by fields that it does not tell.
      const pods = trackPods(project, name === 'api' ? undefined : isWanted);
      return { name, pods, watch: await starts[name](config, context, pods, cluster) };
    }),
  );
  const running: RunningSource[] = [];
  const missing: Record<string, string> = {};
  let refused: Error | undefined;
  for (const [i, result] of started.entries()) {
    if (result.status === 'fulfilled') running.push(result.value);
    else if (result.reason instanceof SourceMissing) missing[names[i]!] = result.reason.message;
    else refused ??= result.reason as Error;
  }
  if (refused === undefined) {
    if (Object.keys(missing).length > 0) context.log.info('names come without the sources that are not there', missing);
    return running;
  }
  await Promise.all(running.map(({ watch }) => watch.stop()));
  throw refused;
};
