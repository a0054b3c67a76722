import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import { compareMounts } from '../compare-mounts.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const table = async (out: string, name: string): Promise<string[][]> =>
  (await readFile(join(out, name), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(' '));

/** Every byte that a pod's programs wrote is charged to that pod, by the rule that has to, and every byte of a mount is there. */
async function check(out: string, checks: Checks): Promise<void> {
  const before = await reading(out, 'before');
  const after = await reading(out, 'after');
  const growth = new Growth(before.samples, after.samples);
  compareMounts(before.mounts, after.mounts, growth, checks);

  const expected = new Map<string, number>();
  for (const [pod, version, rule, bytes] of await table(out, 'moved')) {
    for (const one of ['opener', 'page', 'submitter', 'unknown', 'system']) {
      const key = `${pod} v${version} ${one}`;
      expected.set(key, (expected.get(key) ?? 0) + (one === rule ? Number(bytes) : 0));
    }
  }
  for (const [key, bytes] of expected) {
    const [pod = '', version = '', rule = ''] = key.split(' ');
    const selector = { k8s_pod_name: pod, onc_rpc_version: version.slice(1), nfs_io_charge: rule, nfs_operation_name: 'WRITE' };
    checks.equal(`bytes that ${pod} wrote over ${version}, by rule ${rule}`, growth.of('nfs_io_size_bytes_sum', selector), bytes);
  }
  const nobody = { k8s_pod_name: '', nfs_operation_name: 'WRITE' };
  checks.equal('bytes that were written by no pod', growth.of('nfs_io_size_bytes_sum', nobody), 0);
  const commits = growth.values('nfs_io_duration_seconds_count', 'nfs_io_charge', { nfs_operation_name: 'COMMIT' });
  checks.that('every COMMIT is charged to a pod', !commits.some((rule) => /unknown|system/.test(rule)), commits.join());

  for (const [how, version, seen, bytes] of await table(out, 'flushed')) {
    checks.equal(`bytes on the server when v${version} was flushed by ${how}, the file still open`, Number(seen), Number(bytes));
  }
  for (const [version, times = ''] of await table(out, 'pressure')) {
    if (times === '') checks.skip(`v${version} under memory pressure`, 'this kernel limits no memory');
    else checks.that(`etl was short of memory as it wrote over v${version}`, Number(times) > 0, `${times} times`);
  }
  const lost = after.samples.filter(({ name }) => name === 'nfscope_lost_total');
  checks.that('nothing was lost', lost.length > 0 && lost.every(({ value }) => value === 0), lost.map(({ value }) => value).join(' '));
  checks.equal('exit status of the agent after SIGTERM', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
}

const about = 'three pods write and others flush: each writer charged for its own bytes';

export const writeback: Scenario = { name: 'writeback', about, timeoutMs: 900_000, check };

export const writebackNomemcg: Scenario = {
  name: 'writeback-nomemcg',
  about: `${about}, with cgroup_disable=memory`,
  timeoutMs: 900_000,
  append: 'cgroup_disable=memory',
  check,
};

export const writebackCgv1: Scenario = {
  name: 'writeback-cgv1',
  about: `${about}, with cgroup v1`,
  timeoutMs: 900_000,
  append: 'lab.cgroup=v1',
  check,
};
