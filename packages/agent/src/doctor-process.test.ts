import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let folder: string;

// The command as it is shipped, with the addon and the kernel program beside it.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nfscope-'));
  await build({
    entryPoints: [here('./main.ts')],
    outfile: join(folder, 'nfscope.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['nfscope-source'],
    banner: { js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);" },
  });
  copyFileSync(here('../../../native/dist/nfscope.node'), join(folder, 'nfscope.node'));
  copyFileSync(here('../../../bpf/dist/nfs.bpf.o'), join(folder, 'nfs.bpf.o'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const doctor = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'nfscope.mjs'), 'doctor', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

interface Report {
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly checks: readonly { readonly name: string; readonly state: string; readonly evidence: string; readonly mend?: string }[];
}

test('looks at this very machine, and its exit code is its verdict', () => {
  const { status, stdout, stderr } = doctor('-o', 'json');
  const { verdict, checks } = JSON.parse(stdout) as Report;
  expect(stderr).toBe('');
  expect(status).toBe({ ok: 0, warn: 1, fail: 2 }[verdict]);
  expect(checks.find(({ name }) => name === 'kernel')!.evidence).toContain(release());
});

const skipped = existsSync('/sys/module/sunrpc') ? ' (skipped: this machine has an NFS client)' : '';
describe.skipIf(skipped !== '')(`without an NFS client${skipped}`, () => {
  test('says what mends it, and fails for nothing of NFS', () => {
    const { stdout } = doctor();
    expect(stdout).toMatch(/^warn +nfs_modules +.*\n +-> Mount an NFS volume first, or run `modprobe nfs`\.$/m);
    expect(stdout).toMatch(/^(warn +programs +NFS-202|fail +programs +NFS-201): /m);
  });
});

test('reads the procfs it is given', () => {
  const procfs = here('../testdata/doctor/cgroup-v1/proc');
  const { checks } = JSON.parse(doctor('--procfs', procfs, '--output=json').stdout) as Report;
  expect(checks.find(({ name }) => name === 'nfs_mounts')).toMatchObject({ evidence: `1 of 1 superblocks in ${procfs}/1/mountinfo: v3` });
});
