import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NfscopeError } from '@nfscope/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { btf } from './btf.ts';
import { capabilities } from './capabilities.ts';
import { cgroup } from './cgroup.ts';
import type { Check, NodeRoots } from './check.ts';
import { lockdown, seccomp } from './confinement.ts';
import { examine } from './doctor.ts';
import { kernel } from './kernel.ts';
import { nfsModules, nfsMounts } from './nfs.ts';
import type { ProgramTrial } from './program-trial.ts';
import { programs } from './programs.ts';

// Captured on Debian 12 in a virtual machine; the BTF is cut down to the types the program reads.
const captured = (name: string): NodeRoots => {
  const folder = fileURLToPath(new URL(`../../testdata/doctor/${name}`, import.meta.url));
  return { procfs: `${folder}/proc`, sysfs: `${folder}/sys` };
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfscope-doctor-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A node of which only these files are there. */
const nodeWith = (files: Readonly<Record<string, string | Buffer>>): NodeRoots => {
  const root = mkdtempSync(join(folder, 'node-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return { procfs: `${root}/proc`, sysfs: `${root}/sys` };
};

const loads: ProgramTrial = {
  hooks: [
    { hook: 'rpc_task_begin', optional: false, type: 'raw_tracepoint' },
    { hook: 'rpc_task_end', optional: false, type: 'raw_tracepoint' },
    { hook: 'rpc_clnt_free', optional: true, type: 'raw_tracepoint' },
    { hook: 'do_filp_open', optional: true, type: 'fexit' },
  ],
};
const refused = (code: 'NFS-201' | 'NFS-202' | 'NFS-203', what: string): ProgramTrial => ({ refused: new NfscopeError(code, what, 'nfs') });
const forbidden = refused('NFS-201', 'the kernel does not let this process load BPF programs (EPERM, CAP_BPF is missing)');
const noClient = refused('NFS-202', 'no NFS client is loaded in this kernel (no sunrpc module)');
const unfit = refused('NFS-203', 'the kernel refused the BPF object: Invalid argument (EINVAL)');

const short = (checks: readonly Check[], root: NodeRoots): string[] =>
  checks.map(({ name, state, evidence }) => `${state} ${name}: ${evidence.replaceAll(root.procfs, 'PROC').replaceAll(root.sysfs, 'SYS')}`);

test.each<[node: string, trial: ProgramTrial, lines: string[]]>([
  [
    'debian-12',
    loads,
    [
      'ok kernel: Linux 6.1.0-56-amd64',
      'ok btf: SYS/kernel/btf/vmlinux has the types of sunrpc and nfs',
      'ok capabilities: effective: all',
      'ok seccomp: mode 0: no system call is filtered',
      'ok lockdown: none',
      'ok perf_event_paranoid: 3; any level will do, raw tracepoints do not ask it',
      'ok cgroup: version 2',
      'ok nfs_modules: loaded: sunrpc, nfs, nfsv3, nfsv4',
      'ok nfs_mounts: 3 of 3 superblocks in PROC/1/mountinfo: v3, v4.1, v4.2',
      'ok programs: rpc_task_begin, rpc_task_end, rpc_clnt_free attach as raw_tracepoint; do_filp_open as fexit',
    ],
  ],
  [
    'without-nfs',
    noClient,
    [
      'ok kernel: Linux 6.1.0-56-amd64',
      'fail btf: SYS/kernel/btf/vmlinux cannot be read',
      'ok capabilities: effective: all',
      'ok seccomp: mode 0: no system call is filtered',
      'ok lockdown: none',
      'ok perf_event_paranoid: 3; any level will do, raw tracepoints do not ask it',
      'ok cgroup: version 2',
      'warn nfs_modules: SYS/module/sunrpc is not there: the agent waits for it',
      'warn nfs_mounts: none in PROC/1/mountinfo: there is nothing to count',
      'warn programs: NFS-202: no NFS client is loaded in this kernel (no sunrpc module): not tried, the agent does when there is one',
    ],
  ],
  [
    'locked-hybrid',
    unfit,
    [
      'ok kernel: Linux 6.1.0-56-amd64',
      'fail btf: SYS/kernel/btf/vmlinux cannot be read',
      'ok capabilities: effective: all',
      'ok seccomp: mode 0: no system call is filtered',
      'fail lockdown: confidentiality: no BPF program may read kernel memory',
      'ok perf_event_paranoid: 3; any level will do, raw tracepoints do not ask it',
      'ok cgroup: version 1, beside version 2: owners by the controller memory',
      'ok nfs_modules: loaded: sunrpc, nfs, nfsv3, nfsv4',
      'ok nfs_mounts: 3 of 3 superblocks in PROC/1/mountinfo: v3, v4.1, v4.2',
      'fail programs: NFS-203: the kernel refused the BPF object: Invalid argument (EINVAL)',
    ],
  ],
])('the node %s', (name, trial, lines) => {
  const root = captured(name);
  const checks = examine(root, trial);
  expect(short(checks, root)).toEqual(lines);
  expect(checks.filter(({ state, mend }) => (state === 'ok') !== (mend === undefined))).toEqual([]);
});

test('a folder that is no node fails nothing by itself and hides nothing', () => {
  const checks = examine(nodeWith({}), forbidden);
  expect(checks.map(({ name, state }) => `${state} ${name}`)).toEqual([
    'unknown kernel',
    'fail btf',
    'unknown capabilities',
    'unknown seccomp',
    'unknown lockdown',
    'unknown perf_event_paranoid',
    'unknown cgroup',
    'warn nfs_modules',
    'unknown nfs_mounts',
    'fail programs',
  ]);
  expect(checks.filter(({ mend }) => mend === undefined)).toEqual([]);
});

describe('kernel', () => {
  test.each([
    ['4.18.0-553.el8_10.x86_64', 'warn', /older than any that was tried/],
    ['5.9.16', 'warn', /older than any that was tried/],
    ['5.10.0-35-amd64', 'ok', /^Linux 5\.10\.0-35-amd64$/],
    ['6.18.12+deb13-amd64', 'ok', /^Linux 6/],
    ['7.3.4+deb13-amd64', 'ok', /^Linux 7/],
    ['', 'unknown', /cannot be read/],
  ])('%s: %s', (release, state, evidence) => {
    const check = kernel(nodeWith({ 'proc/sys/kernel/osrelease': `${release}\n` }));
    expect(check).toMatchObject({ state, evidence: expect.stringMatching(evidence) });
  });
});

describe('capabilities', () => {
  test.each([
    ['process-no-capabilities', 'fail', 'effective: none; missing: CAP_BPF, CAP_PERFMON'],
    ['process-bpf-only', 'fail', 'effective: CAP_BPF; missing: CAP_PERFMON'],
    ['process-bpf-perfmon', 'ok', 'effective: CAP_PERFMON, CAP_BPF'],
    ['process-seccomp', 'ok', 'effective: all but CAP_SYS_RESOURCE'],
    ['process-user-namespace', 'fail', 'all, but in a user namespace, whose capabilities bpf(2) does not accept'],
  ])('%s: %s', (name, state, evidence) => {
    expect(capabilities(captured(name))).toMatchObject({ state, evidence });
  });

  // What a container gets by default.
  test('CAP_SYS_ADMIN stands for both; without it every name counts', () => {
    const at = (mask: string): Check => capabilities(nodeWith({ 'proc/self/status': `CapEff:\t${mask}\n` }));
    expect(at('0000000000200000')).toMatchObject({ state: 'ok', evidence: 'effective: CAP_SYS_ADMIN' });
    expect(at('00000000a80425fb')).toMatchObject({
      state: 'fail',
      evidence:
        'effective: CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SETPCAP, ' +
        'CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT, CAP_MKNOD, CAP_AUDIT_WRITE, CAP_SETFCAP; missing: CAP_BPF, CAP_PERFMON',
    });
  });
});

describe('confinement', () => {
  test.each<[name: string, trial: ProgramTrial, state: string]>([
    ['process-bpf-perfmon', forbidden, 'ok'],
    ['process-seccomp', loads, 'ok'],
    ['process-seccomp', noClient, 'ok'],
    ['process-seccomp', forbidden, 'unknown'],
  ])('seccomp of %s', (name, trial, state) => {
    expect(seccomp(captured(name), trial)).toMatchObject({ state });
  });

  test.each<[name: string, files: Record<string, string>, trial: ProgramTrial, state: string, evidence: RegExp]>([
    ['integrity', { 'sys/kernel/security/lockdown': 'none [integrity] confidentiality\n' }, unfit, 'ok', /^integrity$/],
    ['a kernel without lockdown', { 'sys/kernel/security/lsm': 'capability' }, unfit, 'ok', /has none/],
    ['no securityfs', {}, unfit, 'unknown', /cannot be read$/],
    ['no securityfs, but the program loads', {}, loads, 'ok', /not confidentiality/],
  ])('lockdown: %s', (_, files, trial, state, evidence) => {
    expect(lockdown(nodeWith(files), trial)).toMatchObject({ state, evidence: expect.stringMatching(evidence) });
  });
});

describe('btf', () => {
  const whole = readFileSync(`${captured('debian-12').sysfs}/kernel/btf/vmlinux`);
  const without = (name: string): Buffer => Buffer.from(whole.toString('latin1').replaceAll(name, 'x'.repeat(name.length)), 'latin1');
  test.each<[name: string, file: Buffer, state: string, evidence: RegExp]>([
    ['of a kernel that keeps the types of sunrpc in the module', without('tk_rqstp'), 'fail', /without the types of sunrpc$/],
    ['of one that keeps both there', Buffer.from([0x9f, 0xeb, 1, 0]), 'fail', /without the types of sunrpc and nfs$/],
    ['not BTF', Buffer.from('ELF'), 'unknown', /is not BTF$/],
    ['empty', Buffer.alloc(0), 'unknown', /is not BTF$/],
  ])('%s', (_, file, state, evidence) => {
    const node = nodeWith({ 'sys/kernel/btf/vmlinux': file });
    expect(btf(node, false)).toMatchObject({ state, evidence: expect.stringMatching(evidence) });
  });

  test('what the program says has the last word', () => {
    expect(btf(nodeWith({ 'sys/kernel/btf/vmlinux': without('tk_rqstp') }), true)).toMatchObject({ state: 'ok' });
    expect(btf(nodeWith({}), true)).toMatchObject({ state: 'ok' });
  });
});

describe('cgroup', () => {
  test.each([
    ['debian-12', 'ok', /^version 2$/],
    ['locked-hybrid', 'ok', /^version 1, beside version 2: owners by the controller memory$/],
    ['cgroup-v1', 'ok', /^version 1: owners by the controller memory$/],
  ])('%s: %s', (name, state, evidence) => {
    expect(cgroup(captured(name))).toMatchObject({ state, evidence: expect.stringMatching(evidence) });
  });

  test('without the memory controller', () => {
    const node = nodeWith({ 'proc/self/cgroup': '0::/init.scope\n', 'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io pids\n' });
    expect(cgroup(node)).toMatchObject({ state: 'warn', evidence: expect.stringMatching(/without the memory controller/) });
  });
});

describe('nfs', () => {
  test('a server alone has sunrpc and no client', () => {
    expect(nfsModules(nodeWith({ 'sys/module/sunrpc/initstate': 'live' }))).toMatchObject({ state: 'warn' });
  });

  test.each<[name: string, path: string, lines: string[], evidence: RegExp]>([
    [
      'binds of one mount are one superblock',
      '1',
      [
        '49 31 0:41 / /a rw shared:1 - nfs4 nas1:/a rw,vers=4.1,minorvers=9',
        '50 31 0:41 / /b\\040-\\040c ro shared:1 master:2 - nfs4 nas1:/a/b rw,vers=4.1',
      ],
      /^2 of 1 superblocks in .*\/proc\/1\/mountinfo: v4\.1$/,
    ],
    [
      'where the first process is hidden',
      'self',
      ['49 31 0:41 / /a rw - nfs nas1:/a rw,mountvers=1,vers=3'],
      /in .*\/proc\/self\/mountinfo: v3$/,
    ],
    ['other file systems', '1', ['49 31 0:41 / /nfs rw - nfsd nfs rw,vers=3', 'nfs', ''], /^none in /],
  ])('%s', (_, process, lines, evidence) => {
    expect(nfsMounts(nodeWith({ [`proc/${process}/mountinfo`]: lines.join('\n') })).evidence).toMatch(evidence);
  });
});

describe('programs', () => {
  const hooks = (error: Record<string, NfscopeError>): ProgramTrial => ({
    hooks:
      'hooks' in loads
        ? loads.hooks.map(({ type, ...one }) =>
            error[one.hook] ? { ...one, without: 'epochs', error: error[one.hook]! } : { ...one, type: type! },
          )
        : [],
  });
  const absent = new NfscopeError('NFS-203', 'no such tracepoint', 'nfs');
  test.each<[name: string, trial: ProgramTrial, state: string, evidence: RegExp]>([
    ['who opens is not seen', hooks({ do_filp_open: absent }), 'warn', /; do_filp_open does not: epochs$/],
    [
      'an optional hook is missing',
      hooks({ rpc_clnt_free: absent }),
      'warn',
      /^rpc_task_begin, rpc_task_end attach as raw_tracepoint; do_filp_open as fexit; rpc_clnt_free does not: epochs$/,
    ],
    ['a hook is missing', hooks({ rpc_task_end: absent, rpc_clnt_free: absent }), 'fail', /^NFS-203: rpc_task_end: no such tracepoint$/],
    ['it does not load', forbidden, 'fail', /^NFS-201: .*CAP_BPF is missing/],
  ])('%s', (_, trial, state, evidence) => {
    expect(programs(trial)).toMatchObject({ state, evidence: expect.stringMatching(evidence), mend: expect.stringMatching(/\.$/) });
  });
});
