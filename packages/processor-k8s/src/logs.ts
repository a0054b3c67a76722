import { watch, type Dirent } from 'node:fs';
import { opendir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@nfscope/pipeline';
import type { ContainerFacts } from './facts.ts';
import { SourceMissing, type Identities } from './identity-source.ts';
import { defaultListPace, followList, type ListPace, type ListWatch, type ListedWatch } from './list-watch.ts';

/** A kubelet runs some hundred pods. What is beyond is not read. */
const MOST_ENTRIES = 20_000;

export const logsPace: ListPace = { ...defaultListPace, watchedPollMs: 30_000 };

/** The pods whose logs a kubelet keeps on this node, by the names of its folders: namespace, pod, uid, container and its id. */
export const startLogs = async (
  { path }: { readonly path: string },
  into: Identities,
  log: Logger,
  pace: ListPace = logsPace,
): Promise<ListedWatch> => {
  const pods = join(path, 'pods');
  const found = await stat(pods).catch((error: NodeJS.ErrnoException) => {
    throw new SourceMissing(`${pods} ${error.code === 'ENOENT' ? 'is not there' : error.message}`);
  });
  if (!found.isDirectory()) throw new SourceMissing(`${pods} is no folder`);
  return followList(`logs of pods in ${path}`, logFolders(path, into), log, pace);
};

const logFolders = (path: string, into: Identities): ListWatch => {
  const folders = [join(path, 'pods'), join(path, 'containers')] as const;
  /** Of the folders that are watched: one that is made anew is another one, and its watch sees no more. */
  let watched: readonly number[] = [];
  /** By the name of a link, which has an id in it and so never comes to mean another one. */
  let links: ReadonlyMap<string, LoggedContainer | undefined> = new Map();
  /** By uid. */
  let pods = new Map<string, KnownPod>();

  /** What the name in an event says, at once: it may have come and gone before the next list, which is the one that takes away. */
  const take = (name: string): void => {
    const pod = podOfFolder(name);
    if (pod !== undefined && !pods.has(pod.uid) && pods.size < MOST_ENTRIES) set({ ...pod, containers: [] });
    const container = containerOfLink(name);
    if (container === undefined) return;
    const [own, ...others] = [...pods.values()].filter((one) => one.namespace === container.namespace && one.name === container.pod);
    // Of two with one name the target of the link tells which.
    if (own === undefined || others.length > 0 || own.containers.some(({ id }) => id === container.id)) return;
    set({ ...own, containers: [...own.containers, { id: container.id, name: container.name }] });
  };
  const set = (pod: KnownPod): void => {
    pods.set(pod.uid, pod);
    into.pods.apply([{ kind: 'set', item: pod }]);
  };

  return {
    async list() {
      const [podEntries, linkEntries] = await Promise.all(folders.map(entriesOf));
      if ((await inodesOf(folders)).join() !== watched.join()) throw new Error('a folder was made anew');
      const read = linkEntries!.map(async ({ name }) => [name, links.get(name) ?? (await loggedBy(folders[1], name))] as const);
      links = new Map(await Promise.all(read));
      const listed = new Map<string, LoggedPod & { readonly containers: ContainerFacts[] }>();
      for (const entry of podEntries!) {
        const pod = entry.isDirectory() ? podOfFolder(entry.name) : undefined;
        if (pod !== undefined) listed.set(pod.uid, { ...pod, containers: [] });
      }
      for (const link of links.values()) if (link !== undefined) listed.get(link.uid)?.containers.push({ id: link.id, name: link.name });
      pods = listed;
      into.pods.replace([...pods.values()]);
      into.containers.replace([]);
    },
    async watch(changed, signal) {
      watched = await inodesOf(folders);
      const there = folders.filter((_, index) => watched[index] !== NONE);
      const open = there.map((folder) =>
        watch(folder, { persistent: false }, (_, name) => {
          if (name !== null) take(name);
          changed();
        }),
      );
      const stop = (): void => open.forEach((watcher) => watcher.close());
      try {
        await new Promise<void>((resolve, reject) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
          for (const watcher of open) watcher.on('error', reject);
        });
      } finally {
        stop();
      }
    },
  };
};

/** As no inode is. */
const NONE = 0;
const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const inodesOf = (folders: readonly string[]): Promise<number[]> =>
  Promise.all(
    folders.map(async (folder) => {
      try {
        return (await stat(folder)).ino;
      } catch (error) {
        if (isAbsent(error)) return NONE;
        throw error;
      }
    }),
  );

// Of links there are none before a kubelet ran a container; without the folder of pods nothing is known at all.
const entriesOf = async (folder: string, index: number): Promise<Dirent[]> => {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) if (entries.push(entry) === MOST_ENTRIES) break;
  } catch (error) {
    if (index === 0 || !isAbsent(error)) throw error;
  }
  return entries;
};

interface LoggedPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

type KnownPod = LoggedPod & { readonly containers: readonly ContainerFacts[] };

interface LoggedContainer {
  /** Of its pod. */
  readonly uid: string;
  readonly id: string;
  readonly name: string;
}

// Names of namespaces and pods are those of DNS and so without `_`; the uid of a static pod has no dashes.
const uid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}';
const podFolder = new RegExp(`^(?<namespace>[a-z0-9-]{1,63})_(?<name>[a-z0-9.-]{1,253})_(?<uid>${uid})$`);
const link = /^(?<pod>[a-z0-9.-]+)_(?<namespace>[a-z0-9-]+)_(?<name>[a-z0-9-]+)-(?<id>[0-9a-f]{64})\.log$/;

const podOfFolder = (folder: string): LoggedPod | undefined => podFolder.exec(folder)?.groups as LoggedPod | undefined;

const containerOfLink = (file: string): { pod: string; namespace: string; name: string; id: string } | undefined =>
  link.exec(file)?.groups as { pod: string; namespace: string; name: string; id: string } | undefined;

/** `<pod>_<namespace>_<container>-<id>.log` leads to `<namespace>_<pod>_<uid>/<container>/<restart>.log`. One that is cut to 255 bytes has no whole id. */
const loggedBy = async (folder: string, file: string): Promise<LoggedContainer | undefined> => {
  const named = containerOfLink(file);
  if (named === undefined) return undefined;
  const [, logs = '', container] = (await readlink(join(folder, file)).catch(() => '')).match(/([^/]+)\/([^/]+)\/[^/]+$/) ?? [];
  const pod = podOfFolder(logs);
  if (pod?.namespace !== named.namespace || pod.name !== named.pod || container !== named.name) return undefined;
  return { uid: pod.uid, id: named.id, name: named.name };
};
