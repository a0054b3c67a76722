import type { PlannedPipeline } from './plan.ts';

/** The connector through which one pipeline feeds another. */
const link = (from: PlannedPipeline, to: PlannedPipeline): string | undefined =>
  from.exporters.find((component) => component.kind === 'connector' && to.receivers.includes(component))?.id;

/** The pipelines, each before those it feeds. A loop is told in words, and once. */
export const inOrder = (
  pipelines: readonly PlannedPipeline[],
  onCycle: (pipeline: PlannedPipeline, loop: string) => void,
): readonly PlannedPipeline[] => {
  const ordered: PlannedPipeline[] = [];
  const path: PlannedPipeline[] = [];
  const visit = (pipeline: PlannedPipeline): void => {
    if (ordered.includes(pipeline)) return;
    if (path.includes(pipeline)) {
      const loop = [...path.slice(path.indexOf(pipeline)), pipeline];
      const steps = loop.slice(1).map((to, index) => `connector "${link(loop[index]!, to)}" -> pipeline "${to.id}"`);
      return onCycle(pipeline, [`pipeline "${pipeline.id}"`, ...steps].join(' -> '));
    }
    path.push(pipeline);
    for (const to of pipelines) if (link(pipeline, to) !== undefined) visit(to);
    path.pop();
    ordered.push(pipeline);
  };
  pipelines.forEach(visit);
  return ordered.reverse();
};
