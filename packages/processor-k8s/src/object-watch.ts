import { ApiError, pause, type ApiServer, type Patience } from '@nfscope/kubernetes';
import type { Logger } from '@nfscope/pipeline';
import type { Watch } from './identity-source.ts';
import { MOST_OBJECT, readList } from './json-list.ts';
import type { Resource } from './resource.ts';
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
  /** Between two lists, up to a fifth more at random: a list is what costs a server, and all nodes ask for one in the same moment. */
  readonly listMs: number;
  /** Until a right that was not given is asked for again. */
  readonly forbiddenMs: number;
}

export const defaultPace: Pace = {
  headersMs: 30_000,
  // Bookmarks come about every minute, but not on a server where nothing at all happens: two missing ones are no fault yet.
  silenceMs: 150_000,
  watchMs: 300_000,
  soundMs: 10_000,
  leastPauseMs: 1_000,
  mostPauseMs: 30_000,
  listMs: 30_000,
  forbiddenMs: 300_000,
};

const PAGE = 500;
const [UNAUTHORIZED, FORBIDDEN, GONE] = [401, 403, 410];

/** Keeps a table to what the API server says of a resource, until it is stopped. Never fails: what goes wrong is logged once an outage, and tried again. */
export const watchObjects = <T extends { readonly uid: string }>(
  server: ApiServer,
  resource: Resource<T>,
  table: Table<T>,
  log: Logger,
  pace: Pace = defaultPace,
): Watch => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { name, path, fieldSelector, labelSelector, facts, optional = false } = resource;
  const selectors = Object.entries({ fieldSelector, labelSelector }).flatMap(([key, value]) => (value ? [[key, value]] : []));
  const pathOf = (query: Readonly<Record<string, string>>): string =>
    `${path}?${new URLSearchParams([...(selectors as [string, string][]), ...Object.entries(query)]).toString()}`;
  let listed!: () => void;
  const ready = new Promise<void>((resolve) => (listed = resolve));
  let hasListed = false;
  let nextListMs = 0;
  /** Of the last thing heard; undefined when the server no longer knows it, or never did. */
  let version: string | undefined;
  let failures = 0;
  let isFailing = false;

  const list = async (): Promise<string> => {
    await pause(nextListMs - performance.now(), signal);
    const found: T[] = [];
    const keep = (object: unknown): void => {
      const item = facts(object);
      if (item !== undefined) found.push(item);
    };
    // From the server's cache the first time, which is cheap for it; later from etcd, since a cache may be older than what was seen.
    let place: Record<string, string> = hasListed ? {} : { resourceVersion: '0' };
    for (;;) {
      const answer = await server(pathOf({ limit: `${PAGE}`, ...place }), pace, signal).catch((error: unknown) => {
        // One that did not reach the server has cost it nothing.
        if (!neverArrived(error)) delayList();
        throw error;
      });
      delayList();
      const page = await readList(answer, keep);
      if (page.continue === undefined) {
        table.replace(found);
        hasListed = true;
        listed();
        return page.resourceVersion;
      }
      place = { continue: page.continue };
    }
  };

  const delayList = (): void => {
    nextListMs = performance.now() + pace.listMs * (1 + Math.random() * 0.2);
  };

  const watch = async (since: string): Promise<void> => {
    const seconds = Math.max(1, Math.round((pace.watchMs / 1000) * (0.9 + Math.random() * 0.2)));
    const events = await server(
      pathOf({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: since, timeoutSeconds: `${seconds}` }),
      pace,
      signal,
    );
    const sound = setTimeout(() => {
      failures = 0;
      if (isFailing) log.info(`${name} are watched again`);
      isFailing = false;
    }, pace.soundMs);
    try {
      let rest = '';
      for await (const piece of events) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop()!;
        if (rest.length > MOST_OBJECT) throw new Error(`an event of more than ${MOST_OBJECT} characters`);
        const changes: Change<T>[] = [];
        try {
          for (const line of lines) if (line !== '') take(JSON.parse(line) as WatchEvent, changes);
        } finally {
          table.apply(changes);
        }
      }
    } finally {
      clearTimeout(sound);
    }
  };

  const take = ({ type, object }: WatchEvent, changes: Change<T>[]): void => {
    if (type === 'ERROR') {
      // Whatever it is, nobody knows what was missed.
      version = undefined;
      throw new ApiError(object.code ?? 0, object.message ?? 'the watch failed');
    }
    const item = type === 'BOOKMARK' ? undefined : facts(object);
    if (item !== undefined) changes.push(type === 'DELETED' ? { kind: 'delete', key: item.uid } : { kind: 'set', item });
    version = object.metadata?.resourceVersion ?? version;
  };

  /** What went wrong, told once; how long to leave the server alone at least. */
  const tell = (error: unknown): number => {
    const { status, retryAfterMs } = error instanceof ApiError ? error : { status: 0, retryAfterMs: 0 };
    if (status === GONE) {
      version = undefined;
      return retryAfterMs;
    }
    const isForbidden = optional && status === FORBIDDEN;
    // Nobody should wait for what may never come.
    if (isForbidden) listed();
    // A sound watch that broke is no news yet: an idle server and one that goes away for a moment look the same at first.
    if (!isFailing && failures > 0) {
      isFailing = true;
      if (isForbidden) log.info(`without ${name}: the service account has no right to get, list and watch them`);
      else log.warn(`cannot watch ${name}, trying again${mendOf(status, name)}`, { error });
    }
    return isForbidden ? Math.max(pace.forbiddenMs, retryAfterMs) : retryAfterMs;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      let leastMs = 0;
      failures++;
      try {
        version ??= await list();
        await watch(version);
      } catch (error) {
        if (signal.aborted) return;
        leastMs = tell(error);
      }
      const growing = Math.min(pace.mostPauseMs, pace.leastPauseMs * 2 ** Math.max(0, failures - 1));
      await pause(Math.max(leastMs, growing * (0.5 + Math.random())), signal);
    }
  };

  const done = run();
  return {
    ready,
    stop() {
      stopping.abort();
      return done.finally(listed);
    },
  };
};

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** An object, of which only the version is read here, or a v1.Status. */
  readonly object: { readonly metadata?: { readonly resourceVersion?: string }; readonly code?: number; readonly message?: string };
}

const neverArrived = (error: unknown): boolean => {
  // One for each address of a name with several.
  const [{ syscall } = {}] = (error instanceof AggregateError ? error.errors : [error]) as readonly NodeJS.ErrnoException[];
  return syscall === 'connect' || syscall === 'getaddrinfo';
};

const mendOf = (status: number, name: string): string =>
  status === UNAUTHORIZED
    ? '; the API server does not accept the token of the service account'
    : status === FORBIDDEN
      ? `; the service account needs a ClusterRole that allows get, list and watch of ${name}`
      : '';
