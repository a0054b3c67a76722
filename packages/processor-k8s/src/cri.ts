import type { Logger } from '@nfscope/pipeline';
import { GrpcError, openGrpc, UNIMPLEMENTED, type Grpc } from './grpc.ts';
import { containerEventResponse, listContainersResponse, listImagesResponse, listPodSandboxResponse, STARTED } from './cri-messages.ts';
import { decode, type Decoded, type Message } from './protobuf.ts';
import type { ContainerFacts, PodFacts, Texts } from './facts.ts';
import { SourceMissing, type Identities } from './identity-source.ts';
import { defaultListPace, followList, type ListPace, type ListWatch, type ListedWatch } from './list-watch.ts';
import { faultOfSocket, isDenied, pathOf } from './unix-socket.ts';

/** Where the container runtimes of Kubernetes listen: containerd, CRI-O, the containerd of k3s and RKE2, Docker through cri-dockerd. */
const usualSockets: readonly string[] = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/k3s/containerd/containerd.sock',
  '/var/run/cri-dockerd.sock',
];

/** A runtime that is alive answers in milliseconds. The start of a pipeline does not wait long for one that is not. */
const ANSWER_MS = 10_000;
const START_MS = 2_000;
/** None of the requests has a filter. */
const EVERYTHING = Buffer.alloc(0);

/** The pods that a container runtime runs, by the calls of its interface that only read (CRI v1). */
export const startCri = async (
  { endpoint, sockets = usualSockets }: { readonly endpoint: string; readonly sockets?: readonly string[] },
  into: Identities,
  log: Logger,
  pace: ListPace = defaultListPace,
): Promise<ListedWatch> => {
  const path = await findRuntime(endpoint === '' ? sockets : [pathOf(endpoint)]);
  return followList(`container runtime at ${path}`, criRuntime(path, into), log, pace);
};

/** The first one that is there and is not known to be something else: one that is down now is asked again later. */
const findRuntime = async (sockets: readonly string[]): Promise<string> => {
  const reasons: string[] = [];
  for (const path of sockets) {
    const reason = (await faultOfSocket(path)) ?? (await faultOf(path));
    if (reason === undefined) return path;
    reasons.push(`${path} ${reason}`);
  }
  throw new SourceMissing(reasons.join(', '));
};

const faultOf = async (path: string): Promise<string | undefined> => {
  try {
    await withRuntime(path, (grpc) => one(grpc, 'RuntimeService/ListPodSandbox', listPodSandboxResponse, START_MS));
    return undefined;
  } catch (error) {
    if (error instanceof GrpcError) return error.status === UNIMPLEMENTED ? 'has no CRI v1' : undefined;
    if (isDenied(error as Error)) return 'may not be used: permission denied';
    return (error as NodeJS.ErrnoException).code === 'ERR_HTTP2_ERROR' ? 'speaks no gRPC' : undefined;
  }
};

const criRuntime = (path: string, into: Identities): ListWatch => {
  const images = imageNames();
  return {
    list: (signal) =>
      withRuntime(
        path,
        async (grpc) => {
          const { items } = await one(grpc, 'RuntimeService/ListPodSandbox', listPodSandboxResponse);
          const { containers } = await one(grpc, 'RuntimeService/ListContainers', listContainersResponse);
          await images.learn(grpc, containers);
          into.pods.replace(podsOf(items, containers, images));
          into.containers.replace([]);
        },
        signal,
      ),
    watch: (changed, signal) =>
      withRuntime(
        path,
        async (grpc) => {
          // Whether the runtime had taken note of us before it answered the list is not to be known: it says nothing until something happens.
          const late = setTimeout(changed, 1_000);
          try {
            await grpc.ask('/runtime.v1.RuntimeService/GetContainerEvents', EVERYTHING, (bytes) => {
              const {
                container_event_type: type,
                pod_sandbox_status: of,
                containers_statuses: containers,
              } = decode(containerEventResponse, bytes);
              // At once: it may have come and gone before the next list. That one sees to what ended.
              if (type <= STARTED && of?.metadata !== undefined) {
                into.pods.apply([
                  {
                    kind: 'set',
                    item: podOf(
                      of,
                      containers.map((container) => containerOf(container, images)),
                    ),
                  },
                ]);
              }
              changed();
            });
          } catch (error) {
            // containerd before 1.7.
            if (!(error instanceof GrpcError && error.status === UNIMPLEMENTED)) throw error;
            return;
          } finally {
            clearTimeout(late);
          }
          throw new Error('the stream of events ended');
        },
        signal,
      ),
  };
};

const withRuntime = async <T>(path: string, work: (grpc: Grpc) => Promise<T>, signal?: AbortSignal): Promise<T> => {
  const grpc = openGrpc(path);
  signal?.addEventListener('abort', grpc.close);
  if (signal?.aborted) grpc.close();
  try {
    return await work(grpc);
  } finally {
    signal?.removeEventListener('abort', grpc.close);
    grpc.close();
  }
};

const one = async <M extends Message>(grpc: Grpc, method: string, type: M, timeoutMs = ANSWER_MS): Promise<Decoded<M>> => {
  let answer: Decoded<M> | undefined;
  await grpc.ask(`/runtime.v1.${method}`, EVERYTHING, (bytes) => (answer = decode(type, bytes)), timeoutMs);
  if (answer === undefined) throw new Error(`${method} was answered with nothing`);
  return answer;
};

interface Sandbox {
  readonly id: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly namespace: string } | undefined;
  readonly created_at: number;
  readonly labels: Texts;
  readonly annotations: Texts;
}

interface Container {
  readonly id: string;
  readonly metadata: { readonly name: string; readonly attempt: number } | undefined;
  readonly image: { readonly image: string; readonly user_specified_image: string } | undefined;
  readonly image_ref: string;
}

/** A pod has a new sandbox after a restart of its node, and the old one for a while. */
const podsOf = (
  sandboxes: readonly Sandbox[],
  containers: readonly (Container & { readonly pod_sandbox_id: string })[],
  images: ImageNames,
): PodFacts[] => {
  const pods = new Map<string, { of: Sandbox; readonly containers: ContainerFacts[] }>();
  const bySandbox = new Map<string, ContainerFacts[]>();
  for (const sandbox of sandboxes) {
    const uid = sandbox.metadata?.uid;
    if (!uid) continue;
    const pod = pods.get(uid) ?? { of: sandbox, containers: [] };
    if (sandbox.created_at > pod.of.created_at) pod.of = sandbox;
    pods.set(uid, pod);
    bySandbox.set(sandbox.id, pod.containers);
  }
  for (const container of containers) bySandbox.get(container.pod_sandbox_id)?.push(containerOf(container, images));
  return [...pods.values()].map((pod) => podOf(pod.of, pod.containers));
};

const podOf = ({ metadata, labels, annotations }: Sandbox, containers: readonly ContainerFacts[]): PodFacts => ({
  ...metadata!,
  containers,
  labels: ofThePod(labels),
  annotations: ofThePod(annotations),
});

// The kubelet tells the runtime whose sandbox it is by labels of its own.
const ofThePod = (texts: Texts): Texts => new Map([...texts].filter(([key]) => !key.startsWith('io.kubernetes.')));

const containerOf = ({ id, metadata, image, image_ref: imageId }: Container, images: ImageNames): ContainerFacts => {
  const names = images.of(imageId);
  const asked = image?.user_specified_image || image?.image || '';
  // The kubelet asks for an image by its digest, once it has it.
  const name = asked === '' || asked.startsWith('sha256:') ? names?.repo_tags[0] : asked;
  return {
    id,
    name: metadata?.name ?? '',
    ...(name === undefined ? {} : { image: name }),
    ...(imageId === '' ? {} : { imageId }),
    ...(names === undefined ? {} : { repoDigests: names.repo_digests }),
    restartCount: metadata?.attempt ?? 0,
  };
};

type Image = Decoded<typeof listImagesResponse>['images'][number];

interface ImageNames {
  /** Asks for the names of the images, when there is a container of an unknown one. */
  learn(grpc: Grpc, containers: readonly Container[]): Promise<void>;
  of(imageId: string): Image | undefined;
}

const imageNames = (): ImageNames => {
  let byId: ReadonlyMap<string, Image | undefined> = new Map();
  return {
    async learn(grpc, containers) {
      if (containers.every(({ image_ref: id }) => byId.has(id))) return;
      const { images } = await one(grpc, 'ImageService/ListImages', listImagesResponse);
      // One that is deleted stays unknown, and is not asked for again.
      byId = new Map([
        ...containers.map(({ image_ref: id }) => [id, undefined] as const),
        ...images.map((image) => [image.id, image] as const),
      ]);
    },
    of: (id) => byId.get(id),
  };
};
