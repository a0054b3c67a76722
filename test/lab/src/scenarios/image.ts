import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import type { Pod, Probed } from '../cri/pod.ts';
import { readDaemonSet } from '../daemon-set.ts';
import { podOf } from '../kubelet.ts';
import { LabError } from '../lab-error.ts';
import type { Scenario } from '../scenario.ts';
import { checkTwoPods } from './two-pods.ts';

const deploy = join(import.meta.dirname, '..', '..', '..', '..', 'deploy');

/** CAP_PERFMON is 38 and CAP_BPF is 39 (include/uapi/linux/capability.h). */
const BPF_AND_PERFMON = (0b11n << 38n).toString(16).padStart(16, '0');
const NONE = '0'.repeat(16);

/** /proc/PID/status of the agent, in words of the issue and of the manifest. */
const expected: readonly (readonly [field: string, value: string])[] = [
  ['CapEff', BPF_AND_PERFMON],
  ['CapPrm', BPF_AND_PERFMON],
  ['CapBnd', BPF_AND_PERFMON],
  ['CapAmb', NONE],
  ['NoNewPrivs', '1'],
  // SECCOMP_MODE_FILTER
  ['Seccomp', '2'],
  ['Uid', '0 0 0 0'],
];

/** Mounts of the agent: where, type, first option. */
const mounts: readonly (readonly [point: string, type: string, mode: string])[] = [
  ['/', 'overlay', 'ro'],
  ['/host/proc', 'proc', 'ro'],
  ['/sys/fs/bpf', 'bpf', 'rw'],
];

export const image: Scenario = {
  name: 'image',
  about: 'two-pods with the agent in containerd: the image of `npm run image`, with the rights and mounts of the DaemonSet',
  timeoutMs: 840_000,
  ownRights: true,
  // What a container runtime does is the same on all; emulated, it takes twice the time of two-pods.
  kernels: ['6.1'],
  async prepare(share) {
    const file = join(deploy, 'dist', 'nfscope.oci.tar');
    if (!existsSync(file)) throw new LabError('the image is not built: run `npm run image` first');
    await copyFile(file, join(share, 'nfscope.oci.tar'));
    // As guest/cluster.sh has them.
    const pod = podOf(await readDaemonSet(join(deploy, 'kubernetes')), {
      name: 'lab-node',
      apiServer: { host: '127.0.0.1', port: 6443 },
      serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
      logs: '/lab/out/pod-logs',
    });
    await writeFile(join(share, 'pod.json'), JSON.stringify(pod, null, 2));
  },
  async check(out, checks) {
    await checkConfinement(join(out, 'pod'), checks);
    await checkProbes(join(out, 'pod'), checks);
    const pins = (await text(out, 'pins')).trim().split('\n');
    checks.that(
      'totals stay on the node when the agent has ended',
      ['totals', 'link_'].every((kind) => pins.some((name) => name.startsWith(kind))),
      pins.join(' '),
    );
    await checkTwoPods(out, checks);
  },
};

const text = (folder: string, name: string): Promise<string> => readFile(join(folder, name), 'utf8');

async function checkConfinement(pod: string, checks: Checks): Promise<void> {
  const status = new Map(
    [...(await text(pod, 'status')).matchAll(/^(\w+):\s*(.*)$/gm)].map(([, name = '', value = '']) => [name, value.replace(/\s+/g, ' ')]),
  );
  for (const [field, value] of expected) checks.equal(`${field} of the agent`, status.get(field), value);
  checks.that('the agent is process 1 of a namespace of its own', /^\d+ 1$/.test(status.get('NSpid') ?? ''), status.get('NSpid'));

  const { node, container } = JSON.parse(await text(pod, 'namespaces.json')) as Record<'node' | 'container', Record<string, string>>;
  for (const kind of ['pid', 'mnt', 'ipc']) {
    checks.that(`${kind} namespace of the agent is not the node's`, container[kind] !== node[kind], `${container[kind]}, ${node[kind]}`);
  }

  const seen = new Map(
    (await text(pod, 'mountinfo')).split('\n').map((line) => {
      const [front = '', back = ''] = line.split(' - ');
      const [, , , , point = '', options = ''] = front.split(' ');
      return [point, `${back.split(' ')[0]} ${options.split(',')[0]}`];
    }),
  );
  for (const [point, type, mode] of mounts) checks.equal(`${point} of the agent`, seen.get(point), `${type} ${mode}`);

  const { verdict, checks: said } = JSON.parse((await text(pod, 'doctor.json')) || '{"verdict":"silent","checks":[]}') as {
    verdict: string;
    checks: { name: string; state: string; evidence: string }[];
  };
  const notOk = said.filter(({ state }) => state !== 'ok').map(({ name, evidence }) => `${name}: ${evidence}`);
  checks.that(
    'doctor in the container is content',
    verdict === 'ok' && said.length > 0,
    notOk.join('; ') || `${verdict}, ${said.length} checks`,
  );
}

async function checkProbes(pod: string, checks: Checks): Promise<void> {
  const { probes, container } = JSON.parse(await text(join(pod, '..', '..'), 'pod.json')) as Pod & {
    container: { linux: { resources: { memory_limit_in_bytes: number } } };
  };
  const results = JSON.parse(await text(pod, 'probes.json')) as Probed[];
  for (const { kind } of probes) {
    const result = results.find((one) => one.kind === kind);
    const figures = result && `${result.succeeded} good, ${result.failed} failed`;
    checks.that(`${kind} probe of the manifest`, result !== undefined && result.succeeded > 0 && !result.tripped, figures ?? 'never asked');
  }
  const stat = new Map([...(await text(pod, 'memory.stat')).matchAll(/^(\w+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
  const used = (stat.get('anon') ?? 0) + (stat.get('kernel') ?? 0);
  const limit = container.linux.resources.memory_limit_in_bytes;
  const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  checks.that('memory of the agent and its maps', used > 0 && used < limit / 2, `${mebi(used)} of ${mebi(limit)} MiB`);
  checks.that('nothing was killed for want of memory', /^oom_kill 0$/m.test(await text(pod, 'memory.events')));
}
