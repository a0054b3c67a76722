import { isDeepStrictEqual } from 'node:util';
import { signals } from '@nfscope/model';
import type { Signal } from './component.ts';
import { instanceKey } from './instance.ts';
import type { Plan, PlannedComponent, PlannedPipeline } from './plan.ts';

export const chainKey = ({ id }: PlannedPipeline): string => `pipeline ${id}`;

/** Whether whoever joins a stream late has missed what was told. */
const inChanges = (signal: Signal): boolean => signals[signal].stream === undefined;

/** The components whose streams hang together in a pipeline, by the keys of their instances. */
const keysOf = ({ signal, receivers, processors, exporters }: PlannedPipeline): { chain: string[]; stream: string[] } => {
  const key = (planned: PlannedComponent): string => instanceKey(planned, signal);
  const chain = processors.map(key);
  return { chain, stream: [...receivers.map(key), ...chain, ...exporters.filter(({ kind }) => kind === 'connector').map(key)] };
};

/** What makes an instance or a chain of processors, by its key: where it differs, that is another one. */
const makings = (plan: Plan): Map<string, unknown> => {
  const found = new Map<string, unknown>(plan.extensions.map((planned) => [instanceKey(planned, undefined), planned]));
  for (const pipeline of plan.pipelines) {
    const { signal, receivers, processors, exporters } = pipeline;
    for (const planned of [...receivers, ...processors, ...exporters]) found.set(instanceKey(planned, signal), planned);
    const { chain, stream } = keysOf(pipeline);
    found.set(chainKey(pipeline), inChanges(signal) ? stream : chain);
  }
  return found;
};

/**
 * Keys of the instances and chains that go on when one plan takes the place of another. A chain of processors goes on with
 * all of its processors; a stream of changes, from its receivers to its connectors, goes on whole or not at all, since
 * whoever joins it late has missed what was told.
 */
export const keptBetween = (before: Plan, after: Plan): ReadonlySet<string> => {
  const [old, next] = [makings(before), makings(after)];
  const kept = new Set([...old.keys()].filter((key) => next.has(key) && isDeepStrictEqual(old.get(key), next.get(key))));
  const pipelines = [...before.pipelines, ...after.pipelines];
  for (let size = -1; size !== kept.size;) {
    size = kept.size;
    for (const pipeline of pipelines) {
      const { chain, stream } = keysOf(pipeline);
      const together = inChanges(pipeline.signal) ? stream : [];
      const own = chainKey(pipeline);
      if ([own, ...chain, ...together].every((key) => kept.has(key))) continue;
      for (const key of [own, ...together]) kept.delete(key);
    }
  }
  return kept;
};
