import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

interface Line {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** Samples of a page. */
const page = async (out: string, name: string): Promise<Line[]> =>
  [...(await text(out, `${name}.page`)).matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)].map(([, metric = '', labels = '', value]) => ({
    name: metric,
    labels: new Map([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', of = '']) => [label, of])),
    value: Number(value),
  }));

const count = (names: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `${times} ${name}`)
    .join(', ');
};

/** What the kernel lists: protocol, version and procedure. `nfsv4 WRITE a:call_bind` */
const listed = async (out: string, name: string): Promise<string> =>
  count(
    [...(await text(out, `${name}.tasks`)).matchAll(/nfs(?:acl)?v(\d+) (\S+)/g)].map(
      ([, version, operation]) => `v${version} ${operation}`,
    ),
  );

const shown = (lines: readonly Line[]): string =>
  count(
    lines
      .filter(({ name }) => name === 'nfs_io_inflight')
      .flatMap(({ labels, value }) =>
        new Array<string>(value).fill(`v${labels.get('onc_rpc_version')} ${labels.get('nfs_operation_name')}`),
      ),
  );

const ofPod = (lines: readonly Line[], pod: string): string => shown(lines.filter(({ labels }) => labels.get('k8s_pod_name') === pod));

const oldest = (lines: readonly Line[]): Line[] =>
  lines.filter(({ name, labels }) => name === 'nfs_io_inflight_age_seconds' && labels.has('k8s_pod_name'));

/** The states that are 1, when all of each mount's others are 0. */
const health = (lines: readonly Line[]): string => {
  const states = lines.filter(({ name }) => name === 'nfs_mount_health');
  const set = states.filter(({ value }) => value === 1);
  return set
    .map(({ labels }) => `v${labels.get('onc_rpc_version')} ${labels.get('nfs_mount_state')} ${labels.get('nfs_mount_rule')}`)
    .sort()
    .concat(states.length === 5 * set.length && states.every(({ value }) => value === 0 || value === 1) ? [] : ['and more'])
    .join(', ');
};

async function checkStuck(out: string, checks: Checks): Promise<void> {
  const seconds = async (name: string): Promise<number> => Number(await text(out, `${name}.seconds`));
  const quiet = await page(out, 'quiet');
  checks.equal('in flight as the kernel lists it, before the server stands still', shown(quiet), await listed(out, 'quiet'));
  checks.equal('of pods then', ofPod(quiet, 'orders') + ofPod(quiet, 'etl'), '');

  for (const [name, what] of [
    ['shown', 'six operations in flight are shown within 5 s'],
    ['killed', 'one whose process was killed is gone within 5 s'],
    ['recovered', 'all are gone within 5 s of the kernel having none'],
  ] as const)
    checks.that(what, (await seconds(name)) <= 5, `${await seconds(name)} s`);

  const stuck = await page(out, 'stuck');
  checks.equal('in flight as the kernel lists it', shown(stuck), await listed(out, 'stuck'));
  checks.equal('of orders', ofPod(stuck, 'orders'), '1 v3 READ, 1 v3 WRITE, 1 v4 READ, 1 v4 WRITE'.replace('v4 READ', readOf(stuck)));
  // Which one mkdir begins with depends on what the client has in its cache.
  const etl = ofPod(stuck, 'etl');
  checks.that('of etl', new RegExp(`^1 v3 [A-Z]+, 1 ${readOf(stuck)}$`).test(etl), etl);
  const servers = new Set(stuck.filter(({ labels }) => labels.has('k8s_pod_name')).map(({ labels }) => labels.get('server_address')));
  checks.equal('their server', [...servers].join(), '127.0.0.1');

  const ages = oldest(stuck).map(({ value }) => value);
  // Kept 2 s after they were shown at the earliest; all six began in the same moment.
  checks.that('their age', ages.length > 0 && Math.min(...ages) >= 2, `${Math.min(...ages)} to ${Math.max(...ages)} s`);
  checks.that(
    'they began together',
    Math.max(...ages) - Math.min(...ages) <= 2,
    `${(Math.max(...ages) - Math.min(...ages)).toFixed(3)} s apart`,
  );
  const older = oldest(await page(out, 'older')).map(({ value }) => value);
  checks.that('they grow older', Math.min(...older) >= Math.min(...ages), `${Math.min(...older)} s`);

  const killed = await page(out, 'killed');
  checks.equal('in flight as the kernel lists it, one process killed', shown(killed), await listed(out, 'killed'));
  checks.equal('of etl', ofPod(killed, 'etl'), `1 ${readOf(stuck)}`);

  const recovered = await page(out, 'recovered');
  const left = recovered.filter(({ name, labels }) => name.startsWith('nfs_io_inflight') && labels.has('k8s_pod_name'));
  checks.that('afterwards each says 0', left.length >= 12 && left.every(({ value }) => value === 0), `${left.length} series`);

  for (const [name, state] of [
    ['healthy', 'ok operations'],
    ['ill', 'stuck overdue'],
    ['cured', 'ok operations'],
  ] as const)
    checks.equal(`state of the mounts, ${name}`, health(await page(out, name)), `v3 ${state}, v4 ${state}`);
  // The operation that was begun last may be 2 s younger than the first, and both are told a second later.
  checks.that('stuck is told when an operation is 10 s old', (await seconds('told')) <= 12, `${await seconds('told')} s`);
  checks.that('ok is told within two windows', (await seconds('cured')) <= 20, `${await seconds('cured')} s`);
  const infos = (await page(out, 'healthy')).filter(({ name }) => name === 'nfs_mount_info');
  for (const line of (await text(out, 'healthy.mounts')).split('\n')) {
    const [, folder, , options = ''] = line.split(' ');
    const option = (name: string): string => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(options)?.[1] ?? 'none';
    const info = infos.find(({ labels }) => labels.get('nfs_mount_version') === option('vers'));
    const labels = {
      version: 'vers',
      rsize: 'rsize',
      wsize: 'wsize',
      timeo: 'timeo',
      retrans: 'retrans',
      security: 'sec',
      protocol: 'proto',
    };
    for (const [label, name] of Object.entries(labels))
      checks.equal(`${folder}: nfs.mount.${label}`, info?.labels.get(`nfs_mount_${label}`), option(name));
    const word = (name: string): string => options.split(',').find((one) => one === name) ?? 'none';
    checks.equal(`${folder}: nfs.mount.access`, info?.labels.get('nfs_mount_access'), word('rw'));
    checks.equal(`${folder}: nfs.mount.recovery`, info?.labels.get('nfs_mount_recovery'), word('hard'));
  }
  checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
}

/** NFSv4.2 reads by READ_PLUS since 6.2, where the server can. */
const readOf = (lines: readonly Line[]): string =>
  lines.some(({ labels }) => labels.get('nfs_operation_name') === 'READ_PLUS') ? 'v4 READ_PLUS' : 'v4 READ';

export const stuck: Scenario = {
  name: 'stuck',
  about:
    'a server that stands still: six operations of two pods in flight, shown with their age within 5 s, gone when they are, and their mounts stuck',
  timeoutMs: 600_000,
  countedClock: true,
  check: checkStuck,
};
