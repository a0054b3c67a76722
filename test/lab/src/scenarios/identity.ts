import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debugEvents } from '../debug-lines.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const JOB = 'process.environment_variable.SLURM_JOB_ID';
const jobLabel = JOB.replaceAll('.', '_');

export const identity: Scenario = {
  name: 'identity',
  about: 'a slow read of a job’s process: its path, name, user and job are right, and the path of a busy file, on v3 and v4.2',
  timeoutMs: 900_000,
  async check(out, checks) {
    const folders = new Map(
      (await readFile(join(out, 'folders'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    const events = debugEvents(await readFile(join(out, 'debug'), 'utf8'));
    for (const line of (await readFile(join(out, 'slow'), 'utf8')).trim().split('\n')) {
      const [version = '', , inode = '', tgid = ''] = line.split(' ');
      const slow = events.filter(
        (event) => event.version === version && /^READ/.test(event.operation) && event.file === inode && event.duration >= 2,
      );
      checks.that(`v${version}: the read is among the slow operations`, slow.length > 0, `${slow.length}`);
      for (const event of slow) {
        checks.equal(`v${version}: path`, event.path, `/lake/v${version}/part-0`);
        checks.equal(`v${version}: comm`, event.comm, 'train_model');
        checks.equal(`v${version}: tgid`, event.tgid, tgid);
        checks.equal(`v${version}: uid`, event.uid, '1000');
        checks.equal(`v${version}: job`, event.attributes[JOB], '4711');
        checks.equal(`v${version}: pod`, event.attributes['k8s.pod.name'], 'etl');
      }
      const ofFolder = events.filter(({ version: of, comm, duration }) => of === version && comm === 'ls' && duration >= 2);
      checks.that(
        `v${version}: a slow operation on a folder is there`,
        ofFolder.length > 0,
        ofFolder.map(({ operation }) => operation).join(),
      );
      for (const { path, file } of ofFolder) checks.equal(`v${version}: and its path`, path, `/${folders.get(file)}`.replace(/\.$/, ''));
      checks.that(
        `v${version}: and its user`,
        ofFolder.every(({ uid }) => uid === '1000'),
        ofFolder.map(({ uid }) => uid).join(),
      );
    }

    for (const line of (await readFile(join(out, 'busy'), 'utf8')).trim().split('\n')) {
      const [version = '', inode = ''] = line.split(' ');
      const reads = events.filter((event) => event.version === version && /^READ/.test(event.operation) && event.file === inode);
      checks.that(
        `v${version}: the reads of a busy file, none of them slow`,
        reads.length >= 2048 && reads.every(({ duration }) => duration < 2),
        `${reads.length}, ${Math.max(...reads.map(({ duration }) => duration))} s at most`,
      );
      const named = reads.findIndex(({ path }) => path !== undefined);
      checks.that(`v${version}: its path is known after some`, named >= 0, `${named}`);
      const paths = new Set(reads.slice(named).map(({ path }) => path));
      checks.equal(`v${version}: and is right`, [...paths].join(), `/lake/v${version}/busy`);
    }

    const after = await reading(out, 'after');
    const growth = new Growth([], after.samples);
    const jobs = (pod: string): string => growth.values('nfs_io_size_bytes_count', jobLabel, { k8s_pod_name: pod }).join();
    checks.equal('job of the pod whose processes agree', jobs('etl'), '4711');
    checks.equal('job of the pod whose processes do not', jobs('orders'), '');
    const acl = { onc_rpc_program_name: 'nfsacl', onc_rpc_procedure_name: 'GETACL' };
    checks.that('GETACL is counted', growth.of('nfs_io_duration_seconds_count', acl) > 0);
    checks.equal(
      'programs that operations are of',
      growth.values('nfs_io_duration_seconds_count', 'onc_rpc_program_name').join(),
      ',nfsacl',
    );
    checks.equal(
      'labels with a path or a name of a process',
      after.samples.filter(({ labels }) => 'path' in labels || 'comm' in labels).length,
      0,
    );
    const lost = after.samples.filter(({ name }) => name === 'nfscope_lost_total');
    checks.that('nothing was lost', lost.length > 0 && lost.every(({ value }) => value === 0), lost.map(({ value }) => value).join(' '));
    checks.equal('exit status of the agent after SIGTERM', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
    const log = await readFile(join(out, 'agent.log'), 'utf8');
    checks.that('no operation has a name that the protocol does not know', !log.includes('names an operation'));
  },
};
