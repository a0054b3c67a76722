import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { published } from '../cache.ts';
import type { Checks } from '../checks.ts';
import { none } from '../compare-mounts.ts';
import type { PodOnNode, RunningPod } from '../cri/pod-on-node.ts';
import { parseMountstats, type Mount } from '../mountstats.ts';
import { parsePage } from '../page.ts';
import { run } from '../process.ts';
import { moved } from '../reading.ts';
import { Growth, type Selector } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const lab = join(import.meta.dirname, '..', '..');
const programs = { '/workload': '/lab/bin/workload-static', '/work.sh': '/lab/scenarios/pods/work.sh' };
const image = 'localhost/pause:1';

// A mount each, of another version, so that mountstats has a row for each.
const orders = 'pvc-6f1c1f0e-52a5-4a0e-9a53-0e4a5d6c7b8a';
const etl = 'pvc-0b9d8c7e-1f2e-4d3c-8b4a-5c6d7e8f9a0b';
const web = 'web';
const podsOnNode: readonly PodOnNode[] = [
  {
    ...{ namespace: 'shop', name: 'orders', container: 'main', image, programs, claim: 'orders-data', volume: orders },
    nfs: { version: '3', source: `127.0.0.1:/srv/nas/${orders}` },
  },
  {
    ...{ namespace: 'data', name: 'etl', container: 'loader', image, programs, claim: 'lake', volume: etl },
    nfs: { version: '4.2', source: `127.0.0.1:/${etl}` },
  },
];

/** Pods that come and go, as guest.sh asks for them. */
const [RATE, UNATTRIBUTED] = [30, 0.001];
const PAYLOAD = ['READ', 'READ_PLUS', 'WRITE'] as const;

export const pods: Scenario = {
  name: 'pods',
  about:
    'pods in containerd and a container in Docker, named by the API server, the CRI, Docker and the log folders; pods that come and go',
  timeoutMs: 900_000,
  // What runtimes and API servers say is the same on all.
  kernels: ['6.1'],
  async prepare(share) {
    const rights = parseAllDocuments(await readFile(join(lab, '..', '..', 'deploy', 'kubernetes', 'rbac.yaml'), 'utf8'))
      .map((document) => document.toJS() as { kind: string })
      .filter(({ kind }) => kind !== 'ServiceAccount');
    await writeFile(join(share, 'pods.json'), JSON.stringify({ pods: podsOnNode, rights }));
    await writeFile(join(share, 'volumes'), [orders, etl, web].map((name) => `${name}\n`).join(''));
    // Static: a container has the image's libraries, and this one none.
    for (const [source, program] of [
      ['workload.c', 'workload-static'],
      ['churn.c', 'churn'],
    ] as const)
      await run('gcc', ['-O2', '-Wall', '-Werror', '-static', '-o', join(share, 'bin', program), join(lab, 'guest', source)]);
    const [kubernetes = ''] = await published('kubernetes-');
    await writeFile(join(share, 'kubernetes'), kubernetes);
  },
  async check(out, checks) {
    const running = JSON.parse(await readFile(join(out, 'pods.json'), 'utf8')) as RunningPod[];
    const api = await readFile(join(out, '..', 'kubernetes'), 'utf8');
    if (api === '')
      checks.skip('names by a real kube-apiserver', 'it is not built: `npm run kubernetes` does it; names are by that of the lab');
    const ofPod = ({ namespace, name, container, containerId, volume, claim }: RunningPod, withClaim: boolean) => ({
      ...{ k8s_namespace_name: namespace, k8s_pod_name: name, k8s_container_name: container, container_id: containerId },
      ...{ k8s_persistentvolume_name: volume, k8s_persistentvolumeclaim_name: withClaim ? claim : '' },
    });
    for (const source of ['api', 'cri', 'logs'] as const) {
      const seen = await phase(out, source);
      for (const pod of running) {
        // What a claim is called, the API server alone knows.
        await compare(out, source, pod.name, pod.folder, seen, ofPod(pod, source === 'api'), checks);
        checks.equal(`${source}: pods of the mount of ${pod.name}`, podsOf(seen, pod.folder).join(), pod.name);
      }
    }
    const id = (await readFile(join(out, 'web.id'), 'utf8')).trim();
    const ofContainer = { container_name: 'web', container_id: id, k8s_pod_name: '' };
    await compare(out, 'docker', 'web', '/var/lib/docker/volumes/nas/_data', await phase(out, 'docker'), ofContainer, checks);

    await checkChurn(out, checks);
    checks.equal('exit status of the agent after SIGTERM', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
  },
};

interface Phase {
  readonly before: ReadonlyMap<string, Mount>;
  readonly after: ReadonlyMap<string, Mount>;
  /** Of an agent that began with it. */
  readonly growth: Growth;
}

async function phase(out: string, source: string): Promise<Phase> {
  const [before = '', after = '', page = ''] = await Promise.all(
    [`${source}.before.mountstats`, `${source}.mountstats`, `${source}.page`].map((name) => readFile(join(out, name), 'utf8')),
  );
  return { before: mountsOf(before), after: mountsOf(after), growth: new Growth([], parsePage(page)) };
}

/** Docker has the server among the options of the mount, and `:/path` for its source. */
const mountsOf = (mountstats: string): Map<string, Mount> => parseMountstats(mountstats.replace(/^device :/gm, 'device 127.0.0.1:'));

/** All that was read and written on a mount, by its container and by nobody else, in the words of mountstats and of the container. */
async function compare(
  out: string,
  source: string,
  name: string,
  folder: string,
  seen: Phase,
  owner: Selector,
  checks: Checks,
): Promise<void> {
  const mount = seen.after.get(folder);
  if (mount === undefined) return checks.that(`${source}: mount of ${name}`, false, `${folder} is not in mountstats`);
  const { growth } = seen;
  const place = { ...owner, server_address: mount.server, nfs_export_path: mount.export, onc_rpc_version: mount.version };
  for (const operation of PAYLOAD) {
    const truth = mount.operations.get(operation) ?? none;
    const earlier = seen.before.get(folder)?.operations.get(operation) ?? none;
    const selector = { ...place, nfs_operation_name: operation };
    const wire = (direction: string): number => growth.of('nfs_io_wire_bytes_total', { ...selector, network_io_direction: direction });
    const figures = (operations: number, sent: number, received: number): string =>
      `${operations} operations, ${sent} B sent, ${received} B received`;
    if (truth.operations - earlier.operations === 0) continue;
    checks.equal(
      `${source}: ${operation} of ${name}`,
      figures(growth.of('nfs_io_duration_seconds_count', selector), wire('transmit'), wire('receive')),
      figures(truth.operations - earlier.operations, truth.sent - earlier.sent, truth.received - earlier.received),
    );
  }
  const size = (operation: string): number => growth.of('nfs_io_size_bytes_sum', { ...place, nfs_operation_name: operation });
  const work = await moved(out, `${source}.${name}`);
  checks.that(`${source}: ${name} did work`, work.read > 0 && work.written > 0);
  checks.equal(`${source}: bytes that ${name} wrote`, size('WRITE'), work.written);
  checks.equal(`${source}: bytes that ${name} read`, size('READ') + size('READ_PLUS'), work.read);
}

/** Who read or wrote there, '' for nobody. */
const podsOf = ({ after, growth }: Phase, folder: string): string[] => {
  const place = { nfs_export_path: after.get(folder)?.export ?? '' };
  return [
    ...new Set(PAYLOAD.flatMap((name) => growth.values('nfs_io_size_bytes_sum', 'k8s_pod_name', { ...place, nfs_operation_name: name }))),
  ];
};

async function checkChurn(out: string, checks: Checks): Promise<void> {
  const [count = 0, bytes = 0, ms = 1] = (await readFile(join(out, 'churn'), 'utf8')).split(' ').map(Number);
  const rate = `${RATE} pods per second`;
  const came = `${count} in ${ms} ms`;
  if (count / (ms / 1000) >= RATE * 0.95) checks.that(rate, true, came);
  // Says nothing about nfscope: emulated, on a machine with other work.
  else checks.skip(rate, `this machine made ${came}`);
  const read = async (name: string) => parsePage(await readFile(join(out, `${name}.page`), 'utf8'));
  const growth = new Growth(await read('logs'), await read('churn'));
  const written = (selector: Selector): number => growth.of('nfs_io_size_bytes_sum', { ...selector, nfs_operation_name: 'WRITE' });
  checks.equal('bytes that pods wrote that came and went', written({}), bytes);
  const names = growth.values('nfs_io_size_bytes_sum', 'k8s_pod_name', { k8s_namespace_name: 'churn', nfs_operation_name: 'WRITE' });
  const lost = bytes - written({ k8s_namespace_name: 'churn', k8s_container_name: 'main' });
  checks.that(
    'of which nobody knows whose they are',
    lost >= 0 && lost / bytes < UNATTRIBUTED,
    `${lost} of ${bytes}; ${names.length} of ${count} pods have a name`,
  );
}
