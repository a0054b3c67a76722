import { noAttributes, type Attributes, type NfsBatch, type ProgramState } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/** How the kernel side is attached, the runs that were skipped, and what the others took. */
export const programs = (): Supplement => {
  let latest: readonly ProgramState[] = [];
  let startMs = 0;
  const known = new Map<string, Attributes>();
  const attributesOf = (hook: string, type: string | undefined): Attributes => {
    const key = `${hook} ${type}`;
    let attributes = known.get(key);
    if (attributes === undefined) {
      attributes = Object.freeze({
        [attribute.NFSCOPE_PROGRAM_HOOK]: hook,
        ...(type === undefined ? {} : { [attribute.NFSCOPE_PROGRAM_TYPE]: type }),
      });
      known.set(key, attributes);
    }
    return attributes;
  };

  return {
    take(batch: NfsBatch) {
      latest = batch.programs ?? latest;
      startMs = batch.startMs;
    },
    metrics({ resource }) {
      const own = resource(noAttributes);
      const attached = pointList();
      const missed = pointList();
      const runs = pointList();
      const runTime = pointList();
      for (const program of latest) {
        const { hook, type } = program;
        attached.add(own, attributesOf(hook, type), startMs, type === undefined ? 0 : 1);
        const attributes = attributesOf(hook, undefined);
        missed.add(own, attributes, startMs, program.missed);
        // Zero unless the kernel counts them: that nothing ran is not known then.
        if (program.runs === 0) continue;
        runs.add(own, attributes, startMs, program.runs);
        runTime.add(own, attributes, startMs, program.runTime);
      }
      return [
        { ...metric.PROGRAM_ATTACHED, points: attached.points() },
        { ...metric.PROGRAM_MISSED, points: missed.points() },
        { ...metric.PROGRAM_RUNS, points: runs.points() },
        { ...metric.PROGRAM_RUN_TIME, points: runTime.points() },
      ];
    },
  };
};
