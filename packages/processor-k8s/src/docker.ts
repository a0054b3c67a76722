import { request, type IncomingMessage } from 'node:http';
import type { Logger } from '@nfscope/pipeline';
import type { ContainerFacts, PodFacts } from './facts.ts';
import { SourceMissing, type Identities } from './identity-source.ts';
import { defaultListPace, followList, type ListPace, type ListWatch, type ListedWatch } from './list-watch.ts';
import { faultOfSocket, isDenied, pathOf } from './unix-socket.ts';

const USUAL_SOCKET = '/var/run/docker.sock';
/** One that is alive answers in milliseconds. The start of a pipeline does not wait long for one that is not. */
const ANSWER_MS = 10_000;
const START_MS = 2_000;
/** A container’s entry has some 2 KB. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The containers that Docker runs, by requests of its Engine API that only read. Those of pods too, where a kubelet has Docker. */
export const startDocker = async (
  { endpoint }: { readonly endpoint: string },
  into: Identities,
  log: Logger,
  pace: ListPace = defaultListPace,
): Promise<ListedWatch> => {
  const path = pathOf(endpoint) || USUAL_SOCKET;
  const reason = (await faultOfSocket(path)) ?? (await faultOf(path));
  if (reason !== undefined) throw new SourceMissing(`${path} ${reason}`);
  return followList(`Docker at ${path}`, dockerEngine(path, into), log, pace);
};

const faultOf = async (path: string): Promise<string | undefined> => {
  try {
    await get(path, '/_ping', text, { timeoutMs: START_MS });
    return undefined;
  } catch (error) {
    if (isDenied(error as Error)) return 'may not be used: permission denied';
    // Of the parser of HTTP. One that is down is asked again later.
    return (error as NodeJS.ErrnoException).code?.startsWith('HPE_') ? 'speaks no HTTP' : undefined;
  }
};

const dockerEngine = (path: string, into: Identities): ListWatch => ({
  async list(signal) {
    const listed: unknown = JSON.parse(await get(path, '/containers/json', text, { signal, timeoutMs: ANSWER_MS }));
    if (!Array.isArray(listed)) throw new Error('no list of containers');
    const { pods, containers } = sorted(listed.map(containerOf).filter((one) => one !== undefined));
    into.pods.replace(pods);
    into.containers.replace(containers);
  },
  async watch(changed, signal) {
    const filters = JSON.stringify({ type: ['container'], event: ['start', 'die', 'rename'] });
    // From a second ago: what happens until it has taken note of us comes later, and what is told twice does no harm.
    const since = Math.floor(Date.now() / 1000) - 1;
    await get(path, `/events?since=${since}&filters=${encodeURIComponent(filters)}`, (response) => eachLine(response, take), { signal });
    throw new Error('the stream of events ended');

    function take(line: string): void {
      const event = (JSON.parse(line) ?? {}) as Event;
      const { ID: id, Attributes: attributes } = event.Actor ?? {};
      if (typeof id !== 'string' || typeof attributes !== 'object' || attributes === null) return;
      // At once: it may have come and gone before the next list. A pod is set whole, by the list.
      const found = containerOf({ Id: id, Names: [attributes['name']], Image: attributes['image'], Labels: attributes });
      if (found !== undefined && found.pod === undefined) {
        if (event.Action === 'start') into.containers.apply([{ kind: 'set', item: found.facts }]);
        if (event.Action === 'die') into.containers.apply([{ kind: 'delete', key: id }]);
      }
      changed();
    }
  },
});

/** One line of the stream: labels are among the attributes. */
interface Event {
  readonly Action?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: Readonly<Record<string, unknown>> | null };
}

/** An entry of the list. */
interface ContainerSummary {
  readonly Id?: unknown;
  readonly Names?: readonly unknown[];
  readonly Image?: unknown;
  readonly ImageID?: unknown;
  readonly Labels?: Readonly<Record<string, unknown>>;
}

interface FoundContainer {
  readonly facts: ContainerFacts;
  readonly pod: Pick<PodFacts, 'uid' | 'namespace' | 'name'> | undefined;
}

const containerOf = (entry: unknown): FoundContainer | undefined => {
  const { Id: id, Names: names, Image: image, ImageID: imageId, Labels: labels } = (entry ?? {}) as ContainerSummary;
  if (typeof id !== 'string') return undefined;
  const label = (key: string): string => (typeof labels?.[key] === 'string' ? labels[key] : '');
  const ofPod = {
    uid: label('io.kubernetes.pod.uid'),
    namespace: label('io.kubernetes.pod.namespace'),
    name: label('io.kubernetes.pod.name'),
  };
  const pod = ofPod.uid === '' ? undefined : ofPod;
  // A container that another one is linked to has that one's name for it besides, `/other/name`.
  const own = (Array.isArray(names) ? names : [])
    .filter((name) => typeof name === 'string')
    .map((name) => name.replace(/^\//, ''))
    .find((name) => !name.includes('/'));
  return {
    pod,
    facts: {
      id,
      name: (pod && label('io.kubernetes.container.name')) || (own ?? ''),
      ...(typeof image === 'string' && image !== '' ? { image } : {}),
      ...(typeof imageId === 'string' ? { imageId } : {}),
    },
  };
};

const sorted = (found: readonly FoundContainer[]): { readonly pods: PodFacts[]; readonly containers: ContainerFacts[] } => {
  const containers: ContainerFacts[] = [];
  const pods = new Map<string, PodFacts & { readonly containers: ContainerFacts[] }>();
  for (const { facts, pod } of found) {
    if (pod === undefined) {
      containers.push(facts);
      continue;
    }
    const known = pods.get(pod.uid) ?? { ...pod, containers: [] };
    pods.set(pod.uid, known);
    // The one that holds the namespaces of the others.
    if (facts.name !== 'POD') known.containers.push(facts);
  }
  return { pods: [...pods.values()], containers };
};

/** GET of one path; `read` takes the answer. Without a limit of time for a stream. */
const get = <T>(
  socketPath: string,
  path: string,
  read: (response: IncomingMessage) => Promise<T>,
  { signal, timeoutMs }: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
): Promise<T> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, agent: false, headers: { host: 'docker' } });
    const stop = (): void => void outgoing.destroy(new Error('stopped'));
    signal?.addEventListener('abort', stop);
    const late =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    outgoing.on('response', (response) => {
      response.setEncoding('utf8');
      if (response.statusCode === 200) read(response).then(resolve, reject);
      else reject(new Error(`HTTP ${response.statusCode}`));
      if (response.statusCode !== 200) outgoing.destroy();
    });
    outgoing.on('error', reject);
    outgoing.on('close', () => {
      clearTimeout(late);
      signal?.removeEventListener('abort', stop);
    });
    if (signal?.aborted) stop();
    outgoing.end();
  });

const text = async (response: IncomingMessage): Promise<string> => {
  let all = '';
  for await (const piece of response as AsyncIterable<string>) {
    all += piece;
    if (all.length > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`);
  }
  return all;
};

const eachLine = async (response: IncomingMessage, take: (line: string) => void): Promise<void> => {
  let rest = '';
  for await (const piece of response as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    if (rest.length > MOST_BYTES) throw new Error(`an event of more than ${MOST_BYTES} bytes`);
    for (const line of lines) if (line !== '') take(line);
  }
};
