import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { kubeletRuntime } from '@nfscope/processor-k8s/testing';
import { clusterWith } from './cluster.ts';
import type { PodOnNode, RunningPod } from './pod-on-node.ts';

/*
 * What a node does for pods: `run-pods FILE OUT NODE [TOKEN CA]` makes each at the API server, mounts its volume, runs it in containerd,
 * names its log, and tells the API server. OUT gets them with their ids. Without a token the API server is the lab's own.
 */

const [file = '', out = '', node = '', token, ca = ''] = process.argv.slice(2);
const { pods, rights } = JSON.parse(readFileSync(file, 'utf8')) as { pods: readonly PodOnNode[]; rights: readonly object[] };
const cluster = clusterWith(node, token === undefined ? undefined : { token, ca: readFileSync(ca, 'utf8') });
const { call, close } = kubeletRuntime('/run/containerd/containerd.sock');
/** NODE of NamespaceMode: the guest has no network for pods. */
const NODE = 2;

/** Mounts its volume and runs it, as a kubelet does, with the cgroup of a burstable pod. */
async function run(pod: PodOnNode, uid: string): Promise<RunningPod> {
  const { namespace, name, container } = pod;
  const folder = `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~nfs/${pod.volume}`;
  mkdirSync(folder, { recursive: true });
  const options = `vers=${pod.nfs.version},proto=tcp${pod.nfs.version === '3' ? ',nolock' : ''}`;
  execFileSync('mount', ['-t', 'nfs', '-o', options, pod.nfs.source, folder]);

  const logs = `/var/log/pods/${namespace}_${name}_${uid}`;
  mkdirSync(`${logs}/${container}`, { recursive: true });
  const labels = { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.uid': uid };
  const sandbox = {
    metadata: { name, uid, namespace },
    log_directory: logs,
    labels,
    linux: { cgroup_parent: `/kubepods/burstable/pod${uid}`, security_context: { namespace_options: { network: NODE } } },
  };
  const { pod_sandbox_id } = (await call('RunPodSandbox', { config: sandbox })) as { pod_sandbox_id: string };
  const mounts = [
    { container_path: '/data', host_path: folder, readonly: false },
    ...Object.entries(pod.programs).map(([path, program]) => ({ container_path: path, host_path: program, readonly: true })),
  ];
  const config = {
    metadata: { name: container },
    image: { image: pod.image },
    mounts,
    labels: { ...labels, 'io.kubernetes.container.name': container },
    log_path: `${container}/0.log`,
  };
  const created = await call('CreateContainer', { pod_sandbox_id, config, sandbox_config: sandbox });
  const { container_id: containerId } = created as { container_id: string };
  await call('StartContainer', { container_id: containerId });
  symlinkSync(`${logs}/${container}/0.log`, `/var/log/containers/${name}_${namespace}_${container}-${containerId}.log`);
  return { ...pod, uid, containerId, folder };
}

mkdirSync('/var/log/containers', { recursive: true });
for (const object of rights) await cluster.create(object);
const running: RunningPod[] = [];
for (const pod of pods) {
  const one = await run(pod, await cluster.createPod(pod));
  await cluster.runs(one);
  process.stdout.write(`run-pods: ${one.namespace}/${one.name} runs\n`);
  running.push(one);
}
writeFileSync(out, JSON.stringify(running, undefined, 2));
close();
