import { mountConditions, noAttributes, trackMountHealth, type HealthLimits } from '@nfscope/model';
import { attribute, logEvent } from '@nfscope/semconv';
import { placeOf, type Note, type Watch } from './watch.ts';

type State = (typeof mountConditions)[number][0];

const severity = { ok: 'info', slow: 'warn', stuck: 'error', stale: 'error' } as const satisfies Record<State, Note['severity']>;

/** Each time that a mount is in another state. One that is well when it is seen first is no news. */
export const mountChanges = (limits: HealthLimits): Watch => {
  const health = trackMountHealth(limits);
  let states = new Map<string, State>();
  return {
    take(batch) {
      health.take(batch);
      const notes: Note[] = [];
      const now = new Map<string, State>();
      for (const { mount, condition } of health.conditions()) {
        const [state, rule] = mountConditions[condition]!;
        const key = JSON.stringify(mount.attributes);
        const before = states.get(key);
        now.set(key, state);
        if (state === (before ?? 'ok')) continue;
        notes.push({
          timeMs: batch.timeMs,
          eventName: logEvent.MOUNT_HEALTH.name,
          severity: severity[state],
          body: `${placeOf(mount.attributes)} is ${state} (${rule})${before === undefined ? '' : `, it was ${before}`}`,
          attributes: {
            ...mount.attributes,
            [attribute.NFS_MOUNT_STATE]: state,
            [attribute.NFS_MOUNT_RULE]: rule,
            ...(before === undefined ? {} : { [attribute.NFS_MOUNT_STATE_BEFORE]: before }),
          },
          resource: noAttributes,
        });
      }
      states = now;
      return notes;
    },
  };
};
