import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@nfscope/pipeline';
import { ApiError, type ApiServer, type Patience } from './api-server.ts';
import type { PodFacts } from './facts.ts';
import { podFacts } from './object-facts.ts';
import type { Change, Table } from './table.ts';

/** Times of a watch, milliseconds. */
export interface Pace extends Patience {
  /** The server ends a watch after this, give or take a tenth. */
  readonly watchMs: number;
  /** A watch that lasts this long is sound: what failed before it is forgotten. */
  readonly soundMs: number;
  /** Between two requests after a sound watch; doubled with every one that is not. Half to one and a half of it, at random. */
  readonly leastPauseMs: number;
  readonly mostPauseMs: number;
}

export const defaultPace: Pace = {
  headersMs: 30_000,
  // Bookmarks come about every minute, but not on a server where nothing at all happens: two missing ones are no fault yet.
  silenceMs: 150_000,
  watchMs: 300_000,
  soundMs: 10_000,
  leastPauseMs: 1_000,
  mostPauseMs: 30_000,
};

export interface PodWatch {
  /** Resolves when the connection is closed. Safe twice. */
  stop(): Promise<void>;
}

const PAGE = 500;
const GONE = 410;

/** Keeps `pods` to what the API server says of one node's, until it is stopped. Never fails: what goes wrong is logged once an outage, and tried again. */
export const watchPods = (server: ApiServer, node: string, pods: Table<PodFacts>, log: Logger, pace: Pace = defaultPace): PodWatch => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ofNode = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
  let hasListed = false;
  /** Of the last thing heard; undefined when the server no longer knows it, or never did. */
  let version: string | undefined;
  let failures = 0;
  let isFailing = false;

  const list = async (): Promise<string> => {
    const found: PodFacts[] = [];
    // From the server's cache the first time, which is cheap for it; later from etcd, since a cache may be older than what was seen.
    let query = hasListed ? '' : '&resourceVersion=0';
    for (;;) {
      let text = '';
      for await (const piece of await server(`${ofNode}&limit=${PAGE}${query}`, pace, signal)) text += piece;
      const { items, metadata } = JSON.parse(text) as PodList;
      for (const item of items ?? []) {
        const pod = podFacts(item);
        if (pod !== undefined) found.push(pod);
      }
      if (!metadata.continue) {
        pods.replace(found);
        hasListed = true;
        return metadata.resourceVersion;
      }
      query = `&continue=${encodeURIComponent(metadata.continue)}`;
    }
  };

  const watch = async (since: string): Promise<void> => {
    const seconds = Math.max(1, Math.round((pace.watchMs / 1000) * (0.9 + Math.random() * 0.2)));
    const events = await server(
      `${ofNode}&watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(since)}&timeoutSeconds=${seconds}`,
      pace,
      signal,
    );
    const sound = setTimeout(() => {
      failures = 0;
      if (isFailing) log.info('the pods of this node are watched again');
      isFailing = false;
    }, pace.soundMs);
    try {
      let rest = '';
      for await (const piece of events) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop()!;
        const changes: Change<PodFacts>[] = [];
        try {
          for (const line of lines) if (line !== '') take(JSON.parse(line) as WatchEvent, changes);
        } finally {
          pods.apply(changes);
        }
      }
    } finally {
      clearTimeout(sound);
    }
  };

  const take = ({ type, object }: WatchEvent, changes: Change<PodFacts>[]): void => {
    if (type === 'ERROR') {
      // Whatever it is, nobody knows what was missed.
      version = undefined;
      throw new ApiError(object.code ?? 0, object.message ?? 'the watch failed');
    }
    const pod = type === 'BOOKMARK' ? undefined : podFacts(object);
    if (pod !== undefined) changes.push(type === 'DELETED' ? { kind: 'delete', key: pod.uid } : { kind: 'set', item: pod });
    version = object.metadata?.resourceVersion ?? version;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      let retryAfterMs = 0;
      failures++;
      try {
        version ??= await list();
        await watch(version);
      } catch (error) {
        if (signal.aborted) return;
        const { status, retryAfterMs: asked } = error instanceof ApiError ? error : { status: 0, retryAfterMs: 0 };
        if (status === GONE) version = undefined;
        retryAfterMs = asked;
        if (!isFailing && status !== GONE) {
          log.warn(`cannot watch the pods of this node, trying again${mends[status] ?? ''}`, { error });
          isFailing = true;
        }
      }
      const growing = Math.min(pace.mostPauseMs, pace.leastPauseMs * 2 ** Math.max(0, failures - 1));
      await pause(Math.max(retryAfterMs, growing * (0.5 + Math.random())), undefined, { signal }).catch(() => {});
    }
  };

  const done = run();
  return {
    stop() {
      stopping.abort();
      return done;
    },
  };
};

interface PodList {
  readonly items?: readonly unknown[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** A v1.Pod, of which only the version is read here, or a v1.Status. */
  readonly object: { readonly metadata?: { readonly resourceVersion?: string }; readonly code?: number; readonly message?: string };
}

const mends: Readonly<Record<number, string>> = {
  401: '; the API server does not accept the token of the service account',
  403: '; the service account needs a ClusterRole that allows get, list and watch of pods',
};
