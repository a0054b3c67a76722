import { Subject, type Observable } from 'rxjs';
import type { CgroupOwner } from './cgroup-path.ts';
import type { PodFacts } from './facts.ts';
import { projectPod, type Pod } from './pod.ts';
import type { Table } from './table.ts';

/** Pods that were deleted and are still found: what a pod wrote may be flushed after it has gone. */
const MOST_GONE = 1024;

export interface FoundPod {
  readonly pod: Pod;
  /** Undefined for a container that no status names, and when none was asked for. */
  readonly container: string | undefined;
  /** Deleted: nothing more will be learnt of it. */
  readonly gone: boolean;
}

/** The pods of this node, those that went away lately among them. */
export interface Pods extends Table<PodFacts> {
  /** Fires after every change. */
  readonly changed: Observable<void>;
  find(owner: CgroupOwner): FoundPod | undefined;
}

export const trackPods = (): Pods => {
  const changed = new Subject<void>();
  const byUid = new Map<string, Pod>();
  const byContainer = new Map<string, Pod>();
  // In the order they went.
  const gone = new Set<string>();

  const forget = (pod: Pod): void => {
    byUid.delete(pod.uid);
    for (const id of pod.containers.keys()) if (byContainer.get(id) === pod) byContainer.delete(id);
  };

  const set = (pod: Pod): void => {
    const before = byUid.get(pod.uid);
    if (before !== undefined) forget(before);
    gone.delete(pod.uid);
    byUid.set(pod.uid, pod);
    for (const id of pod.containers.keys()) byContainer.set(id, pod);
  };

  const remove = (uid: string): void => {
    if (!byUid.has(uid) || gone.has(uid)) return;
    gone.add(uid);
    for (const oldest of gone) {
      if (gone.size <= MOST_GONE) return;
      gone.delete(oldest);
      forget(byUid.get(oldest)!);
    }
  };

  return {
    changed,
    apply(changes) {
      for (const change of changes) {
        if (change.kind === 'set') set(projectPod(change.item));
        else remove(change.key);
      }
      if (changes.length > 0) changed.next();
    },
    replace(pods) {
      const present = new Set(pods.map(({ uid }) => uid));
      for (const uid of [...byUid.keys()]) if (!present.has(uid)) remove(uid);
      for (const pod of pods) set(projectPod(pod));
      changed.next();
    },
    find({ containerId, podUid }) {
      // By container first: a static pod has another uid at the API server than in its cgroup's path.
      const ofContainer = containerId === undefined ? undefined : byContainer.get(containerId);
      const pod = ofContainer ?? (podUid === undefined ? undefined : byUid.get(podUid));
      if (pod === undefined) return undefined;
      return { pod, container: ofContainer?.containers.get(containerId!), gone: gone.has(pod.uid) };
    },
  };
};
