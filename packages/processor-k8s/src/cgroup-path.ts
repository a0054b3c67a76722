/** What the path of a cgroup tells of who lives in it. */
export interface CgroupOwner {
  /** 64 hex digits of a container runtime, or the name of an LXC or nspawn machine. */
  readonly containerId: string | undefined;
  /** As the API server writes it. */
  readonly podUid: string | undefined;
}

// The systemd driver writes the dashes of a uid as underscores (ConvertCgroupNameToSystemd); the uid of a static pod has none.
const pod = /(?:^|[/-])pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./:]|$)/g;
const container = /(?<![0-9a-zA-Z])[0-9a-f]{64}(?![0-9a-zA-Z])/g;
// The process that watches over a container is not in it.
const monitor = /(?:^|\/)(?:crio|libpod)-conmon-[^/]*|(?:^|\/)lxc\.monitor\.[^/]*/g;

/** Every container runtime and cgroup driver in use; the table of its test has one line for each. */
export const ownerOfPath = (path: string): CgroupOwner => {
  const watched = path.replace(monitor, '');
  // The innermost pod: a cluster may run inside a container of another one.
  const inner = [...watched.matchAll(pod)].at(-1);
  if (inner !== undefined) {
    const below = watched.slice(inner.index + inner[0].length);
    // The outermost container: what runs inside it on its own account is still the pod's.
    return { containerId: below.match(container)?.[0], podUid: inner[1]!.replaceAll('_', '-') };
  }
  return { containerId: watched.match(container)?.at(-1) ?? machineOf(watched), podUid: undefined };
};

const machines = [
  // Amazon ECS: the last level is <task>-<number> on Fargate.
  /^\/ecs\/[^/]+\/([^/]+)/,
  /^\/lxc\/([^/]+)/,
  /(?:^|\/)lxc\.payload\.([^/]+)/,
  /\/machine\.slice\/machine-([^/]+)\.scope/,
  /\/machine\.slice\/systemd-nspawn@([^/]+)\.service/,
];

const machineOf = (path: string): string | undefined => {
  for (const machine of machines) {
    const name = path.match(machine)?.[1];
    // systemd writes what may not stand in the name of a unit as \xNN.
    if (name !== undefined) return name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
  return undefined;
};
