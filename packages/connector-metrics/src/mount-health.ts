import { mountConditions, noAttributes, trackMountHealth, type Attributes, type HealthLimits, type Metric } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/** How each mount fares, by one state of a fixed set. */
export const mountHealth = (limits: HealthLimits): Supplement => {
  const health = trackMountHealth(limits);
  const states = new WeakMap<Attributes, readonly Attributes[]>();

  const statesOf = (of: Attributes): readonly Attributes[] => {
    let all = states.get(of);
    if (all === undefined) {
      all = mountConditions.map(([state, rule]) =>
        Object.freeze({ ...of, [attribute.NFS_MOUNT_STATE]: state, [attribute.NFS_MOUNT_RULE]: rule }),
      );
      states.set(of, all);
    }
    return all;
  };

  return {
    take: health.take,
    metrics(page): Metric[] {
      const mounts = health.conditions();
      if (mounts.length === 0) return [];
      const resource = page.resource(noAttributes);
      const list = pointList();
      for (const { mount, condition } of mounts)
        for (const [i, attributes] of statesOf(mount.attributes).entries())
          list.add(resource, attributes, mount.startMs, i === condition ? 1 : 0);
      return [{ ...metric.MOUNT_HEALTH, points: list.points() }];
    },
  };
};
