import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { nfsReceiver } from './nfs-receiver.ts';

const root = process.getuid?.() === 0;
const nfs = existsSync('/sys/module/sunrpc');

describeComponent(factory, {
  valid: {
    'nothing set': {},
    'jobs and other programs': { job_variables: ['SLURM_JOB_ID', 'RAY_JOB_ID'], rpc_programs: ['nfs', 'nfsacl', 'lockd'] },
    'all events in a large ring': { events: 'all', ring_size: 1 << 24 },
    'a node with much to tell apart, without the application’s side': { max_rows: 1 << 16, slow_threshold: '250ms', vfs: false },
    'pinned and recorded, with the types of a file': {
      totals_interval: '500ms',
      pin_path: '/sys/fs/bpf/nfscope',
      btf: '/boot/btf',
      recording: { file: '/tmp/nfs.recording', procfs: '/host/proc' },
    },
    'bounds of one’s own': { duration_bounds: [0.001, 1], size_bounds: [4096] },
  },
  invalid: {
    'a variable that cannot be': [{ job_variables: ['a b'] }, 'name of an environment variable'],
    'too many variables': [{ job_variables: ['A', 'B', 'C', 'D', 'E'] }, 'at most 4'],
    'a variable twice': [{ job_variables: ['A', 'A'] }, 'twice'],
    'a program that is none': [{ rpc_programs: ['smb'] }, 'nfs'],
    'no program': [{ rpc_programs: [] }, 'at least one'],
    'a mode that is none': [{ events: 'some' }, 'off'],
    'a ring that is no power of two': [{ ring_size: 100_000 }, 'power of two'],
    'a threshold without a unit': [{ slow_threshold: '5' }, 'a time such as'],
    'bounds that fall': [{ duration_bounds: [1, 0.5] }, 'ascend'],
    'more bounds than a row holds': [{ size_bounds: Array.from({ length: 20 }, (_, i) => i + 1) }, 'at most 19'],
  },
  skipStart: root ? undefined : 'loading BPF programs needs root',
  golden: { 'replay.txt': {} },
  skipRuns: 'what it tells is what a mounted NFS does; nfs_replay tells the same through the same reader',
});

test.skipIf(!root || nfs)(`without an NFS client it waits for one${nfs ? ' (skipped: this kernel has one)' : ''}`, async () => {
  const receiver = nfsReceiver(config.parse({}), context(factory));
  const programs = (): number =>
    Number(execFileSync('sh', ['-c', 'bpftool -j prog show | grep -o rpc_task_end | wc -l'], { encoding: 'utf8' }));
  const before = programs();
  await receiver.start!();
  expect(programs()).toBe(before);
  await receiver.shutdown!(AbortSignal.timeout(1000));
});

test.skipIf(root)(`without rights start is refused with its code${root ? ' (skipped: this is root)' : ''}`, async () => {
  await expect(nfsReceiver(config.parse({}), context(factory)).start!()).rejects.toMatchObject({ code: 'NFS-201' });
});
