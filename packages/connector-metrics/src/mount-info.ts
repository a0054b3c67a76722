import { noAttributes, type Metric, type MountCoverage } from '@nfscope/model';
import { metric } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/** What each mount was made with. */
export const mountInfo = (): Supplement => {
  let mounts: readonly MountCoverage[] = [];
  return {
    take({ mountstats }) {
      if (mountstats !== undefined) ({ mounts } = mountstats);
    },
    metrics(page): Metric[] {
      if (mounts.length === 0) return [];
      const resource = page.resource(noAttributes);
      const list = pointList();
      const told = new Set<string>();
      for (const { info, startMs } of mounts) {
        // Mounts that say the same, as with nosharecache, are one series.
        const key = JSON.stringify(info);
        if (!told.has(key)) list.add(resource, info, startMs, 1);
        told.add(key);
      }
      return [{ ...metric.MOUNT_INFO, points: list.points() }];
    },
  };
};
