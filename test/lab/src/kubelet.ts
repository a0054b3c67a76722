import type { Pod, Probe } from './cri/pod.ts';
import type { DaemonSet } from './daemon-set.ts';
import { LabError } from './lab-error.ts';

/** What only the node knows. */
export interface Node {
  readonly name: string;
  readonly apiServer: { readonly host: string; readonly port: number };
  /** Folder with the token and the certificate of a service account. */
  readonly serviceAccount: string;
  /** Folder that gets the logs of containers. */
  readonly logs: string;
}

/** NamespaceMode and ProfileType of the runtime's interface. */
const [POD, CONTAINER, NODE] = [0, 1, 2];
const profiles = { RuntimeDefault: 0, Unconfined: 1 } as const;

// What a kubelet hides of /proc and /sys unless `procMount` says otherwise.
const masked = ['asound', 'acpi', 'kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug', 'scsi'];
const readonly = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'];

const uid = '5d2c1b0a-9f8e-4d7c-a6b5-0f1e2d3c4b5a';

/** The pod of a DaemonSet on a node, as a kubelet asks a container runtime for it. */
export function podOf({ daemonSet, configMaps }: { daemonSet: DaemonSet; configMaps: ReadonlyMap<string, object> }, node: Node): Pod {
  const { metadata, spec } = daemonSet;
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const context = container.securityContext;
  const cgroupParent = `/kubepods/burstable/pod${uid}`;
  const volumes = `/var/lib/kubelet/pods/${uid}/volumes`;
  const files: Record<string, string> = {};
  const folders: Pod['folders'][number][] = [];
  const labels = {
    'io.kubernetes.pod.name': `${metadata.name}-x7k2p`,
    'io.kubernetes.pod.namespace': metadata.namespace,
    'io.kubernetes.pod.uid': uid,
  };

  const mountOf = ({ name, mountPath, readOnly }: (typeof container.volumeMounts)[number]) => {
    const volume = pod.volumes.find((one) => one.name === name);
    if (!volume) throw new LabError(`daemonset.yaml mounts the volume ${name}, which it does not have`);
    if ('hostPath' in volume) {
      const { path, type } = volume.hostPath;
      folders.push({ path, create: type === 'DirectoryOrCreate' });
      return { container_path: mountPath, host_path: path, readonly: readOnly };
    }
    const content = configMaps.get(volume.configMap.name);
    if (!content) throw new LabError(`daemonset.yaml names the config map ${volume.configMap.name}, which nothing makes`);
    const place = `${volumes}/kubernetes.io~configmap/${name}`;
    for (const [file, text] of Object.entries(content)) files[`${place}/${file}`] = text as string;
    return { container_path: mountPath, host_path: place, readonly: readOnly };
  };
  const mounts = container.volumeMounts.map(mountOf);
  mounts.push({ container_path: '/var/run/secrets/kubernetes.io/serviceaccount', host_path: node.serviceAccount, readonly: true });

  const probes = (['startup', 'readiness', 'liveness'] as const).map((kind): Probe => {
    const { httpGet, ...times } = container[`${kind}Probe`];
    const port = typeof httpGet.port === 'number' ? httpGet.port : container.ports.find(({ name }) => name === httpGet.port)?.containerPort;
    if (port === undefined) throw new LabError(`daemonset.yaml probes the port ${httpGet.port}, which it does not have`);
    return { kind, path: httpGet.path, port, ...times };
  });

  // The guest has no network for pods, so the pod has the node's, and with it the node's host name; all else is as the manifest says.
  const namespaces = { network: NODE, pid: pod.hostPID ? NODE : CONTAINER, ipc: POD };
  const seccomp = { profile_type: profiles[context.seccompProfile.type] };
  return {
    sandbox: {
      metadata: { name: labels['io.kubernetes.pod.name'], uid, namespace: metadata.namespace },
      log_directory: node.logs,
      labels,
      linux: { cgroup_parent: cgroupParent, security_context: { namespace_options: namespaces, seccomp } },
    },
    container: {
      metadata: { name: container.name },
      image: { image: container.image },
      args: container.args,
      envs: [
        ...container.env.map(({ name }) => ({ key: name, value: node.name })),
        { key: 'KUBERNETES_SERVICE_HOST', value: node.apiServer.host },
        { key: 'KUBERNETES_SERVICE_PORT', value: `${node.apiServer.port}` },
      ],
      mounts,
      labels: { ...labels, 'io.kubernetes.container.name': container.name },
      log_path: `${container.name}.log`,
      linux: {
        resources: {
          cpu_shares: Math.max(2, Math.floor((quantity(container.resources.requests.cpu) * 1024) / 1000)),
          memory_limit_in_bytes: quantity(container.resources.limits.memory),
          // That of a burstable pod with a small request of memory.
          oom_score_adj: 999,
        },
        security_context: {
          capabilities: { add_capabilities: context.capabilities.add, drop_capabilities: context.capabilities.drop },
          privileged: context.privileged,
          namespace_options: namespaces,
          run_as_user: { value: context.runAsUser },
          run_as_group: { value: context.runAsGroup },
          readonly_rootfs: context.readOnlyRootFilesystem,
          no_new_privs: !context.allowPrivilegeEscalation,
          masked_paths: [...masked.map((name) => `/proc/${name}`), '/sys/firmware'],
          readonly_paths: readonly.map((name) => `/proc/${name}`),
          seccomp,
        },
      },
    },
    cgroupParent,
    files,
    folders,
    probes,
    gracePeriodSeconds: pod.terminationGracePeriodSeconds,
  };
}

/** Of memory in bytes, of processors in thousandths. */
function quantity(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(Ki|Mi|Gi|m)$/.exec(text) ?? [];
  const factor = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, m: 1 }[unit];
  if (factor === undefined) throw new LabError(`daemonset.yaml has the quantity ${text}, which the lab does not read`);
  return Number(digits) * factor;
}
