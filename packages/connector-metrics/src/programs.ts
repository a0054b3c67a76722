import { noAttributes, type Attributes, type NfsBatch, type ProgramState } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/** How the kernel side is attached, and the runs that were skipped. */
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
      for (const { hook, type, missed: runs } of latest) {
        attached.add(own, attributesOf(hook, type), startMs, type === undefined ? 0 : 1);
        missed.add(own, attributesOf(hook, undefined), startMs, runs);
      }
      return [
        { ...metric.PROGRAM_ATTACHED, points: attached.points() },
        { ...metric.PROGRAM_MISSED, points: missed.points() },
      ];
    },
  };
};
