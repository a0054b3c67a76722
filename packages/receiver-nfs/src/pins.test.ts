import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nfsVfs } from '@nfscope/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { liveKernel } from './kernel-side.ts';
import { loadPinned, removePins } from './pins.ts';
import { batchReader } from './reader.ts';
import { fakeKernel, skipped } from './testing/fake-kernel.ts';

describe('removing pins', () => {
  const folders = (...names: string[]): string => {
    const base = mkdtempSync(join(tmpdir(), 'nfscope-pins-'));
    for (const name of names) mkdirSync(join(base, name));
    return base;
  };
  test.each<[string, names: string[], gone: string[], left: string[] | undefined]>([
    [
      'ours go, and the folder that is empty then',
      ['totals_0123456789abcdef', 'totals_fedcba9876543210'],
      ['totals_0123456789abcdef', 'totals_fedcba9876543210'],
      undefined,
    ],
    [
      'what others keep there stays',
      ['totals_0123456789abcdef', 'cilium', 'totals_of_mine'],
      ['totals_0123456789abcdef'],
      ['cilium', 'totals_of_mine'],
    ],
    ['an empty folder is not ours', [], [], []],
  ])('%s', (_, names, gone, left) => {
    const base = folders(...names);
    expect(removePins(base).sort()).toEqual(gone.map((name) => join(base, name)));
    expect(existsSync(base) ? readdirSync(base).sort() : undefined).toEqual(left);
    rmSync(base, { recursive: true, force: true });
  });

  test('a folder that is not there has none', () => {
    expect(removePins(join(tmpdir(), 'nfscope-no-such-folder'))).toEqual([]);
  });
});

describe.skipIf(skipped !== undefined)(`totals on a BPF file system${skipped === undefined ? '' : ` (skipped: ${skipped})`}`, () => {
  const kernel = fakeKernel('6.1');
  let bpffs: string;
  beforeAll(async () => {
    await kernel.open();
    bpffs = mkdtempSync(join(tmpdir(), 'nfscope-bpffs-'));
    execFileSync('mount', ['-t', 'bpf', 'bpf', bpffs]);
  }, 60_000);
  afterAll(() => {
    removePins(join(bpffs, 'nfscope'));
    execFileSync('umount', [bpffs]);
    rmSync(bpffs, { recursive: true });
    kernel.close();
  });
  const settings = (more: Record<string, unknown> = {}) =>
    config.parse({ btf: kernel.btf, pin_path: join(bpffs, 'nfscope'), max_rows: 256, ...more });

  test('go on under the next agent, with their names and their beginning; the one before lets go', async () => {
    const first = await loadPinned(settings(), 'nfs', 1000);
    const read = batchReader(liveKernel(first.program.session, 256, first.tenancy.identities), settings(), first.tenancy.startMs);
    const { task } = kernel.make({ shape: 'WRITE', status: 100, name: 'WRITE' });
    for (const program of ['rpc_task_begin', 'rpc_task_end']) first.program.session.testRun(program, BigUint64Array.of(task, 0n));
    read(1, { totals: true, walk: false });

    const second = await loadPinned(settings(), 'nfs', 2000);
    // As an agent does that was stopped after its look: a beat late.
    first.tenancy.beat(0);
    expect(() => first.tenancy.check()).toThrow(expect.objectContaining({ code: 'NFS-206' }));
    const { identities } = first.tenancy;
    expect(() => identities.keep(identities.all())).toThrow(expect.objectContaining({ code: 'NFS-206' }));
    first.program.session.close();
    second.tenancy.check();
    expect([second.tenancy.startMs, second.replaced]).toEqual([1000, []]);
    const again = batchReader(liveKernel(second.program.session, 256, second.tenancy.identities), settings(), second.tenancy.startMs);
    second.program.session.testRun('rpc_task_end', BigUint64Array.of(task, 0n));
    const { totals, sources } = again(2, { totals: true, walk: false })!;
    expect([...totals.count]).toEqual([2]);
    expect(sources.at(totals.source[0]!)).toMatchObject({
      cgroup: { path: '/kubepods/pod1/c0ffee' },
      client: { server: { name: 'nas1.example.com' } },
    });

    const other = await loadPinned(settings({ max_rows: 512 }), 'nfs', 3000);
    expect([other.tenancy.startMs, other.replaced.length, readdirSync(join(bpffs, 'nfscope')).length]).toEqual([3000, 1, 1]);
    second.program.session.close();
    other.program.session.close();
  });

  test('calls are those of the next agent ten seconds after it attached, and never again of one displaced', async () => {
    const begin = async (ms: number) => {
      const { program, tenancy } = await loadPinned(settings(), 'nfs', ms);
      // Exchanged like those at the page cache, and attached on kernels that take no trampoline too.
      tenancy.fastening.attach({ program: 'sched_process_exec', type: 'raw_tracepoint', calls: [nfsVfs.WRITE] });
      return { ...program, tenancy };
    };
    const first = await begin(1000);
    const second = await begin(2000);
    const attachedMs = Number(process.hrtime.bigint()) / 1e6;
    const [folder] = readdirSync(join(bpffs, 'nfscope'));
    const map = join(bpffs, 'nfscope', folder!, 'counting');
    const counting = (): number =>
      JSON.parse(
        execFileSync('bpftool', ['-j', 'map', 'lookup', 'pinned', map, 'key', `${nfsVfs.WRITE}`, '0', '0', '0'], { encoding: 'utf8' }),
      ).formatted.value;
    const seen = [0, 9_000, 10_000].map((laterMs) => {
      second.tenancy.beat(attachedMs + laterMs);
      return counting();
    });
    expect(seen).toEqual([first.generation, first.generation, second.generation]);

    const third = await begin(3000);
    const fourth = await begin(4000);
    expect(() => third.tenancy.beat(attachedMs + 60_000)).toThrow(expect.objectContaining({ code: 'NFS-206' }));
    expect(counting()).toBe(second.generation);
    for (const { session } of [first, second, third, fourth]) session.close();
  });

  test('elsewhere is refused with its code', async () => {
    await expect(loadPinned(settings({ pin_path: join(tmpdir(), 'nfscope') }), 'nfs', 1)).rejects.toMatchObject({ code: 'NFS-207' });
  });
});
