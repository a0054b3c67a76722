import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sources } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import type { Tick } from './tick.ts';

/** Where replay puts the mounts below its folder, as a procfs has them. */
const MOUNTINFO = join('1', 'mountinfo');
/** Where replay puts the names of the pods below its folder: a PodList. */
const PODS = 'pods.json';

/** The lines of NFS in the mountinfo of the node's first process, or of this one; empty when neither can be read. */
export function nfsMounts(procfs: string): string {
  for (const process of ['1', 'self']) {
    try {
      const text = readFileSync(join(procfs, process, 'mountinfo'), 'latin1');
      return text.replace(/^(?!.* - nfs4? ).*\n?/gm, '');
    } catch {
      continue;
    }
  }
  return '';
}

interface PodObject {
  readonly metadata: { readonly namespace: unknown; readonly name: unknown; readonly uid: unknown };
  readonly status: { readonly containerStatuses: { readonly name: unknown; readonly containerID: string }[] };
}

/** The pods that sources were found to belong to, as the API server would list them; nothing else of the cluster is in it. */
export function podList(sources: Sources): string {
  const pods = new Map<unknown, PodObject>();
  const known = new Set<unknown>();
  for (const { resource } of sources.all()) {
    const [namespace, name, uid] = [
      resource[attribute.K8S_NAMESPACE_NAME],
      resource[attribute.K8S_POD_NAME],
      resource[attribute.K8S_POD_UID],
    ];
    const [container, id] = [resource[attribute.K8S_CONTAINER_NAME], resource[attribute.CONTAINER_ID]];
    if (name === undefined) continue;
    let pod = pods.get(uid);
    if (pod === undefined) pods.set(uid, (pod = { metadata: { namespace, name, uid }, status: { containerStatuses: [] } }));
    if (container === undefined || known.has(id)) continue;
    known.add(id);
    pod.status.containerStatuses.push({ name: container, containerID: `recorded://${String(id)}` });
  }
  return JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items: [...pods.values()] });
}

/** Puts what a tick has of the surroundings where processors look for it. */
export function placeSurroundings(folder: string, { mounts, pods }: Pick<Tick, 'mounts' | 'pods'>): void {
  const place = (name: string, text: string, encoding: 'latin1' | 'utf8'): void => {
    const file = join(folder, name);
    mkdirSync(join(file, '..'), { recursive: true });
    // Renamed: whoever reads finds the one or the other, whole.
    writeFileSync(`${file}.new`, text, encoding);
    renameSync(`${file}.new`, file);
  };
  if (mounts !== undefined) place(MOUNTINFO, mounts, 'latin1');
  if (pods !== undefined) place(PODS, pods, 'utf8');
}
