import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

/** `NAMESPACE DEVICE SOURCE on POINT`, sorted, as the kernel prints it in each namespace. */
const printed = async (out: string, name: string): Promise<string[]> =>
  (await text(out, `${name}.mountinfo`))
    .split('\n')
    .map((line) => {
      const [namespace, , , device, , point] = line.split(' ');
      const [, source] = line.slice(line.indexOf(' - ') + 3).split(' ');
      return `${namespace} ${device} ${source} on ${point}`;
    })
    .sort();

interface Superblock {
  readonly device: string;
  readonly client: number;
  readonly mounts: string[];
}

/** Superblocks of the newest batch that has any. */
const known = async (out: string, name: string): Promise<Superblock[]> => {
  const batches = (await text(out, `${name}.debug`)).split(/^(?=\S+Z nfs )/m).filter((batch) => batch.includes('\n  superblock '));
  const found: Superblock[] = [];
  for (const line of (batches.at(-1) ?? '').split('\n')) {
    const [, device = '', client] = /^ {2}superblock (\S+) client=(\d+)$/.exec(line) ?? [];
    if (client !== undefined) found.push({ device, client: Number(client), mounts: [] });
    const [, source, point, namespace] = /^ {4}mount (\S+) on (\S+) in (\d+)$/.exec(line) ?? [];
    const last = found.at(-1);
    if (last && point !== undefined) last.mounts.push(`${namespace} ${last.device} ${source} on ${point}`);
  }
  return found;
};

/** Bytes written by pod and export, from the page. */
const written = (page: string, pod: string): string =>
  [...page.matchAll(/^nfs_io_size_bytes_sum\{(.*)\} (\d+)$/gm)]
    .map(([, labels = '', value]) => ({ label: (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1] ?? '', value }))
    .filter(({ label }) => label('k8s_pod_name') === pod && label('nfs_operation_name') === 'WRITE')
    .map(({ label, value }) => `${label('nfs_export_path')} ${value}`)
    .sort()
    .join(', ');

async function checkNamespaces(out: string, checks: Checks): Promise<void> {
  for (const name of ['mounted', 'again']) {
    const [kernel, superblocks] = [await printed(out, name), await known(out, name)];
    const ours = superblocks.flatMap(({ mounts }) => mounts).sort();
    const missing = kernel.filter((mount) => !ours.includes(mount));
    const extra = ours.filter((mount) => !kernel.includes(mount));
    checks.that(`${name}: every mount of mountinfo`, missing.length === 0 && kernel.length >= 16, missing.join('; ') || `${kernel.length}`);
    checks.that(`${name}: and no other`, extra.length === 0 && ours.length === kernel.length, extra.join('; ') || `${ours.length}`);
  }
  const kernel = await printed(out, 'mounted');
  checks.equal('mount namespaces', new Set(kernel.map((mount) => mount.split(' ')[0])).size, 2);
  for (const [what, source, point] of [
    ['a mount that only a container has', '127.0.0.1:/srv/nas/private', '/private'],
    ['a v4 submount', '127.0.0.1:/deep', '/data4/deep'],
    ['a bind mount of a folder', '127.0.0.1:/srv/nas/folder/below', '/bind'],
  ])
    checks.that(
      what!,
      kernel.some((mount) => mount.endsWith(` ${source} on ${point}`)),
      source,
    );
  checks.that(
    'a subPath',
    kernel.some((mount) => / 127.0.0.1:\/folder on \S+\/volume-subpaths\/archive\/main\/0$/.test(mount)),
  );

  const ids = new Set([...(await text(out, 'again.debug')).matchAll(/^ {2}superblock \S+ client=(\d+)$/gm)].map(([, id]) => Number(id)));
  const twice = [...ids].filter((id) => id >> 16 > 0 && [...ids].some((other) => other !== id && (other & 0xffff) === (id & 0xffff)));
  const what = 'a number of a client that is given again is another client';
  if (twice.length > 0) checks.that(what, true, twice.map((id) => `${id & 0xffff} in epoch ${id >> 16}`).join(', '));
  else checks.skip(what, 'the kernel gave none again');

  const page = await text(out, 'page');
  checks.equal('what etl wrote, by export', written(page, 'etl'), '/srv/nas/private 262144');
  checks.equal('what orders wrote, by export', written(page, 'orders'), '/srv/nas 262144, /srv/nas/other 524288');
  checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
}

export const namespaces: Scenario = {
  name: 'namespaces',
  about: 'mounts of a container alone, submounts, bind mounts and subPaths, two superblocks of one export: as each mountinfo has them',
  timeoutMs: 600_000,
  check: checkNamespaces,
};
