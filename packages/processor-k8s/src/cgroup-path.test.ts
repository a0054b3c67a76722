import { describe, expect, test } from 'vitest';
import { ownerOfPath } from './cgroup-path.ts';

const id = 'a'.repeat(32) + '0123456789abcdef'.repeat(2);
const other = 'b'.repeat(64);
const uid = '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const uid_ = uid.replaceAll('-', '_');
const outer = '11111111-2222-3333-4444-555555555555';
const staticUid = '0123456789abcdef0123456789abcdef';

describe('a container of a pod', () => {
  test.each([
    ['1 systemd, containerd', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid_}.slice/cri-containerd-${id}.scope`],
    ['2 systemd, containerd, guaranteed', `/kubepods.slice/kubepods-pod${uid_}.slice/cri-containerd-${id}.scope`],
    ['3 systemd, CRI-O', `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${uid_}.slice/crio-${id}.scope`],
    ['3 systemd, CRI-O, crun', `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${uid_}.slice/crio-${id}.scope/container`],
    ['4 systemd, cri-dockerd', `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${uid_}.slice/docker-${id}.scope`],
    ['5 cgroupfs', `/kubepods/burstable/pod${uid}/${id}`],
    ['5 cgroupfs, guaranteed', `/kubepods/pod${uid}/${id}`],
    ['5 cgroupfs, a folder below', `/kubepods/besteffort/pod${uid}/${id}/kube-proxy`],
    ['6 cgroupfs, CRI-O', `/kubepods/pod${uid}/crio-${id}`],
    ['7 kubelet systemd, containerd cgroupfs', `/system.slice/containerd.service/kubepods-burstable-pod${uid_}.slice:cri-containerd:${id}`],
    ['8 no .scope', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${id}`],
    [
      '9 kind',
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${uid_}.slice/cri-containerd-${id}.scope`,
    ],
    [
      '9 kind, from the host',
      `/system.slice/docker-${other}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${uid_}.slice/cri-containerd-${id}.scope`,
    ],
    ['10 kind and minikube in docker', `/docker/${other}/kubelet/kubepods/burstable/pod${uid}/${id}`],
    ['10 minikube in docker, systemd', `/docker/${other}/kubepods.slice/kubepods-pod${uid_}.slice/docker-${id}.scope`],
    ['11 --cgroup-root', `/all/of/it/kubepods/burstable/pod${uid}/${id}`],
    ['12 k3s', `/k3s/kubepods/besteffort/pod${uid}/${id}`],
    ['a cluster inside a pod', `/kubepods/burstable/pod${outer}/${other}/kubelet/kubepods/burstable/pod${uid}/${id}`],
    ['docker inside a pod', `/kubepods/burstable/pod${uid}/${id}/docker/${other}`],
    // The kernel tells one hierarchy's path: of v1 the memory controller's, in which both drivers use the same names.
    ['v1, containerd cgroupfs beside a systemd driver', `/kubepods-besteffort-pod${uid_}.slice:cri-containerd:${id}`],
    ['v1, a guest of the memory hierarchy alone', `/actions_job/kubepods/burstable/pod${uid}/${id}`],
    ['systemd in a container', `/kubepods.slice/kubepods-pod${uid_}.slice/cri-containerd-${id}.scope/system.slice/a.service`],
    ['levels missing at the root', `/.../kubepods-burstable-pod${uid_}.slice/cri-containerd-${id}.scope`],
  ])('%s', (_, path) => {
    expect(ownerOfPath(path)).toEqual({ containerId: id, podUid: uid });
  });

  test.each([
    ['systemd', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${staticUid}.slice/cri-containerd-${id}.scope`],
    ['systemd, guaranteed', `/kubepods.slice/kubepods-pod${staticUid}.slice/crio-${id}.scope`],
    ['cgroupfs', `/kubepods/burstable/pod${staticUid}/${id}`],
    ['cgroupfs, guaranteed', `/kubepods/pod${staticUid}/${id}`],
    [
      'kind',
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${staticUid}.slice/cri-containerd-${id}.scope`,
    ],
  ])('a static pod, %s', (_, path) => {
    expect(ownerOfPath(path)).toEqual({ containerId: id, podUid: staticUid });
  });
});

describe('a pod without a container', () => {
  test.each([
    ['itself, systemd', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid_}.slice`],
    ['itself, cgroupfs', `/kubepods/burstable/pod${uid}`],
    ['3 the monitor of CRI-O', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid_}.slice/crio-conmon-${id}.scope`],
  ])('%s', (_, path) => {
    expect(ownerOfPath(path)).toEqual({ containerId: undefined, podUid: uid });
  });
});

describe('a container without a pod', () => {
  test.each([
    ['13 docker, cgroupfs', `/docker/${id}`, id],
    ['13 docker, systemd', `/system.slice/docker-${id}.scope`, id],
    ['13 docker, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope`, id],
    ['13 docker inside docker', `/docker/${other}/docker/${id}`, id],
    ['14 Podman', `/machine.slice/libpod-${id}.scope`, id],
    ['14 Podman, crun', `/machine.slice/libpod-${id}.scope/container`, id],
    ['14 Podman, in a pod of its own', `/machine.slice/machine-libpod_pod_${other}.slice/libpod-${id}.scope/container`, id],
    ['14 Podman, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`, id],
    ['15 LXC', '/lxc/web', 'web'],
    ['15 LXC, a service in it', '/lxc/web/system.slice/nginx.service', 'web'],
    ['15 LXC 4', '/lxc.payload.web/init.scope', 'web'],
    ['15 nspawn', '/machine.slice/systemd-nspawn@web.service/payload', 'web'],
    ['15 a machine with a dash', '/machine.slice/machine-web\\x2d1.scope', 'web-1'],
    ['16 ECS', `/ecs/${staticUid}/${id}`, id],
    ['16 ECS, Fargate', `/ecs/${staticUid}/${staticUid}-1234567890`, `${staticUid}-1234567890`],
  ])('%s', (_, path, containerId) => {
    expect(ownerOfPath(path)).toEqual({ containerId, podUid: undefined });
  });
});

describe('neither', () => {
  test.each([
    ['the root', '/'],
    ['14 the monitor of Podman', `/machine.slice/libpod-conmon-${id}.scope`],
    ['15 the monitor of LXC', '/lxc.monitor.web'],
    ['17 a service', '/system.slice/nfs-server.service'],
    ['17 the container runtime', '/runtime.slice/containerd.service'],
    ['17 kubelet', '/kube.slice/kubelet.service'],
    ['17 Azure', '/azure.slice/walinuxagent.service'],
    ['17 podruntime', '/podruntime.slice/kubelet.service'],
    ['17 a session', '/user.slice/user-1000.slice/session-3.scope'],
    ['18 Talos, kubelet', '/podruntime/kubelet'],
    ['18 Talos, a system service', '/system/machined'],
    ['all pods', '/kubepods.slice/kubepods-burstable.slice'],
    ['too few digits for a container', `/docker/${id.slice(1)}`],
    ['too many digits for a container', `/docker/${id}0`],
    ['too many digits for a pod', `/x/pod${staticUid}0`],
    ['a name that ends like a pod', `/x/tripod${staticUid}`],
  ])('%s', (_, path) => {
    expect(ownerOfPath(path)).toEqual({ containerId: undefined, podUid: undefined });
  });
});
