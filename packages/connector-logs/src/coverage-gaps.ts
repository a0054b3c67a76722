import { noAttributes, type CoverageReason } from '@nfscope/model';
import { attribute, logEvent } from '@nfscope/semconv';
import { placeOf, type Note, type Watch } from './watch.ts';

/** Those that something should be done about; the others are how it has to be. */
const reasons: readonly CoverageReason[] = ['map_full', 'missed_runs', 'unknown'];

/** When the share of a mount's operations that is missing reaches `share`; again only after it was less than half of that. */
export const coverageGaps = (share: number): Watch => {
  let open = new Set<string>();
  return {
    take({ timeMs, mountstats }) {
      if (mountstats === undefined) return [];
      const notes: Note[] = [];
      const now = new Set<string>();
      for (const { attributes, operations, gaps } of mountstats.mounts) {
        for (const reason of reasons) {
          const count = gaps.reduce((sum, gap) => sum + (gap.reason === reason ? gap.operations : 0), 0);
          const missing = operations === 0 ? 0 : count / operations;
          const key = `${reason} ${JSON.stringify(attributes)}`;
          const was = open.has(key);
          if (missing < (was ? share / 2 : share)) continue;
          now.add(key);
          if (was) continue;
          const percent = Math.round(missing * 1000) / 10;
          notes.push({
            timeMs,
            eventName: logEvent.COVERAGE_GAP.name,
            severity: 'warn',
            body: `${percent} % of the operations of ${placeOf(attributes)} are missing or without their owner (${reason})`,
            attributes: { ...attributes, [attribute.NFS_IO_COVERAGE_REASON]: reason, [attribute.NFS_IO_COVERAGE_MISSING]: missing },
            resource: noAttributes,
          });
        }
      }
      open = now;
      return notes;
    },
  };
};
