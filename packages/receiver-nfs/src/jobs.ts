import type { Sources } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import type { ToldProcess } from './processes.ts';

/** What all processes of a cgroup that did I/O say alike, by variable; undefined where two of them differ. */
type Agreed = (string | undefined)[];

export interface Jobs {
  note(process: ToldProcess): void;
  /** Hangs on sources what their cgroups agree on; returns those that changed. */
  apply(sources: Sources, added: readonly number[]): number[];
}

/**
 * A row of totals is of a cgroup and adds up all that its processes ever did, so a job can only be said of it while all
 * of them work for the same. What two differed in once stays off for good.
 */
export function trackJobs(variables: readonly string[]): Jobs {
  const byCgroup = new Map<number, Agreed>();
  const changed = new Set<number>();

  return {
    note({ cgroup, values }) {
      if (values === undefined || variables.length === 0) return;
      const agreed = byCgroup.get(cgroup);
      if (agreed === undefined) {
        byCgroup.set(cgroup, [...values]);
        changed.add(cgroup);
        return;
      }
      for (const [i, value] of values.entries()) {
        if (agreed[i] === undefined || agreed[i] === value) continue;
        agreed[i] = undefined;
        changed.add(cgroup);
      }
    },
    apply(sources, added) {
      const due = new Set(added);
      if (changed.size > 0) for (const { index, cgroup } of sources.all()) if (changed.has(cgroup.id)) due.add(index);
      changed.clear();
      const told: number[] = [];
      for (const index of due) {
        const { cgroup, resource } = sources.at(index);
        const agreed = cgroup.kind === 'cgroup' ? byCgroup.get(cgroup.id) : undefined;
        if (agreed === undefined) continue;
        const names = variables.map((name) => `${attribute.PROCESS_ENVIRONMENT_VARIABLE}.${name}`);
        // An empty value is none.
        const change = Object.fromEntries(names.map((name, i) => [name, agreed[i] || undefined]));
        if (names.every((name) => resource[name] === change[name])) continue;
        sources.change(index, { resource: change });
        told.push(index);
      }
      return told;
    },
  };
}
