import { readFileSync } from 'node:fs';
import { pathOf, processOf } from '@nfscope/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeKernel, kernels, MS, skipped } from './testing/fake-kernel.ts';

describe.skipIf(skipped !== undefined).each(kernels)(
  `processes, jobs and files on Linux %s types${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  (kernel) => {
    const kernelSide = fakeKernel(kernel);
    const { begin, run, batch } = kernelSide;
    beforeAll(kernelSide.open, 60_000);
    afterAll(kernelSide.close);

    const self = { comm: readFileSync('/proc/self/comm', 'utf8').trim(), tgid: process.pid, uid: process.getuid!() };

    test('an event knows its process, by the name of the first thread', () => {
      begin();
      run({});
      const one = batch();
      const found = processOf(one, 0)!;
      expect(found).toMatchObject({ ...self, job: {} });
      // Field 22 of /proc/PID/stat, in hundredths of a second.
      const started = Number(
        readFileSync('/proc/self/stat', 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')[19],
      );
      expect(Math.floor(found.start / 1e7)).toBe(started);
      expect(one.sources.at(one.events.source[0]!).cgroup.id).toBe(found.cgroup);
    });

    test('a process is told once; again when it executes another program, moves or has ended', () => {
      begin();
      const told = (): number => {
        const unread = kernelSide.session.unread('identities');
        kernelSide.session.records('identities', new Uint8Array(1 << 16));
        return unread;
      };
      run({});
      told();
      run({});
      expect(told()).toBe(0);
      kernelSide.session.testRun('sched_process_exec');
      run({});
      // 56 bytes and their header.
      expect(told()).toBe(64);
      run({});
      expect(told()).toBe(0);
      kernelSide.session.testRun('sched_process_exit');
      // Its end, 8 bytes and their header, once.
      expect(told()).toBe(16);
      run({});
      expect(told()).toBe(64);
      const moved = BigUint64Array.of(999n, 0n, 0n, 0n);
      kernelSide.session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(moved.buffer));
      run({});
      expect(told()).toBe(64);
      // Back and forth, as a process does whose threads are in two cgroups.
      const own = BigInt(batch().sources.at(0).cgroup.id);
      // told: generation 1.
      const back = BigUint64Array.of(999n, own, 0n, 1n << 32n);
      kernelSide.session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(back.buffer));
      run({});
      expect(told()).toBe(0);
    });

    test('nobody is told of a process when there are neither events nor jobs', () => {
      const told = (options: Record<string, unknown>): unknown => {
        begin(options);
        run({});
        return batch().processes.find(process.pid, Number(process.hrtime.bigint()))?.comm;
      };
      expect([told({ events: 'off' }), told({ events: 'off', job_variables: ['A'] }), told({ events: 'slow' })]).toEqual([
        undefined,
        self.comm,
        self.comm,
      ]);
    });

    test('who had the tgid before is who began what had begun before', () => {
      begin();
      run({ name: 'ACCESS' }, { agoNs: 50 * MS });
      kernelSide.session.testRun('sched_process_exec');
      run({ name: 'LOOKUP' }, { agoNs: 10 * MS });
      run({ name: 'GETATTR' }, { agoNs: 30 * MS, begun: false });
      const one = batch();
      const [first, second, late] = [0, 1, 2].map((i) => processOf(one, i));
      expect(first).toBeDefined();
      expect(second).not.toBe(first);
      expect(late).toBe(first);
    });

    // What the kernel shows of the environment at the start of this process.
    const environment = readFileSync('/proc/self/environ', 'utf8').split('\0');
    const valueOf = (name: string): string | undefined => environment.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    const names = environment.flatMap((line) => /^([A-Za-z_][A-Za-z0-9_]{0,31})=./.exec(line)?.[1] ?? []);

    test('job variables are those of the environment, cut at 63 bytes', () => {
      const chosen = [names[0]!, names.at(-1)!, names.toSorted((a, b) => valueOf(b)!.length - valueOf(a)!.length)[0]!];
      // Half a name is none.
      const asked = [...new Set([...chosen, names[0]!.slice(0, -1)])];
      begin({ job_variables: asked });
      run({});
      const one = batch();
      const wanted = Object.fromEntries(
        asked.flatMap((name) => (valueOf(name) ? [[`process.environment_variable.${name}`, valueOf(name)!.slice(0, 63)]] : [])),
      );
      expect(Object.keys(wanted).length).toBeGreaterThan(1);
      expect(processOf(one, 0)!.job).toEqual(wanted);
      expect(one.sources.at(0).resource).toEqual(wanted);
    });

    test.each([
      ['HANDLE', 77],
      ['HANDLE_FIRST', 77],
      ['HANDLE_AFTER_SEQUENCE', 77],
      ['NO_HANDLE', 0],
      ['NO_INODE', 0],
      ['OTHER_FILESYSTEM', 0],
      ['NONE', 0],
    ] as const)('the file of a metadata operation: %s', (place, file) => {
      begin();
      run({ arguments: place });
      run({ shape: 'READ', status: 1, name: 'READ' });
      run({ arguments: place });
      // Before the first READ or WRITE nobody knows where the inode is.
      expect([...batch().events.file]).toEqual([0, 77, file]);
    });

    test('a handle of a data server says nothing of where the inode is', () => {
      begin();
      const read = { shape: 'READ', status: 1, name: 'READ' } as const;
      for (const place of ['DATA_SERVER', 'NONE'] as const) {
        run({ ...read, arguments: place });
        run({ arguments: 'HANDLE' });
      }
      expect([...batch().events.file]).toEqual([77, 0, 77, 77]);
    });

    const deep = ['d', 'c', 'b', 'a'].map((letter) => letter.repeat(200));
    test.each([
      ['a failed one', { status: -5 }, {}, '/lake/table/part-0'],
      ['a slow one', { status: 1 }, { agoNs: 1000 * MS }, '/lake/table/part-0'],
      ['neither', { status: 1 }, {}, undefined],
      ['of the mount itself', { status: -5, path: [] }, {}, '/'],
      ['too long', { status: -5, path: deep }, {}, `/.../${deep[1]}/${deep[0]}`],
    ])('the path of a file: %s', (_, change, when, path) => {
      begin();
      run({ shape: 'READ', name: 'READ', ...change }, when);
      expect(pathOf(batch(), 0)).toBe(path);
    });

    describe('the path of a file that is neither slow nor fails, only busy', () => {
      const read = { shape: 'READ', name: 'READ', status: 1 } as const;
      test.each([
        ['one read', 'slow', read, undefined],
        ['of reads', 'slow', read, '/lake/table/part-0'],
        ['of metadata operations', 'slow', { arguments: 'HANDLE' }, '/lake/table/part-0'],
        ['of what is told anyway', 'all', read, '/lake/table/part-0'],
        ['where no operation is told', 'off', read, undefined],
      ] as const)('%s: events %s', (what, events, change, path) => {
        begin({ events });
        // From it the program learns where the inode is.
        run(read);
        if (what !== 'one read') {
          run(change, { times: 500 });
          expect(batch().files.path(9, 77)).toBeUndefined();
          run(change, { times: 1100 });
        }
        expect(batch().files.path(9, 77)).toBe(path);
      });
    });

    test('a path is told once', () => {
      begin();
      run({ shape: 'READ', name: 'READ', status: -5 });
      const told = kernelSide.session.unread('identities');
      run({ shape: 'READ', name: 'READ', status: -5 }, { times: 100 });
      expect(kernelSide.session.unread('identities')).toBe(told);
      expect(pathOf(batch(), 100)).toBe('/lake/table/part-0');
    });

    test('other programs are counted on request, apart', () => {
      begin({ rpc_programs: ['nfs', 'nfsacl'] });
      run({ program: 100003, version: 3, name: '', index: 0 });
      run({ program: 100227, version: 3, name: '', index: 0, clid: 10 });
      run({ program: 100021, version: 4, name: 'LOCK', clid: 11 });
      const { operations, totals } = batch();
      expect([...totals.count]).toEqual([1, 1]);
      expect(operations.map(({ program, name }) => [program, name])).toEqual([
        [100003, 'NULL'],
        [100227, 'NULL'],
      ]);
    });

    test('a full identity ring loses names, counts them, and changes no total', () => {
      begin();
      // Names as long as those of a pod on a real node: 160 bytes a record, its header included.
      const cgroup = ['c', 'p', 'k'].map((letter) => letter.repeat(31));
      const change = { shape: 'WRITE', status: 100, name: 'WRITE', cgroup } as const;
      for (let i = 1; i <= 2200; i++) run({ ...change, pageCgroup: i });
      const { totals, lost, sources } = batch();
      expect(totals.bytes.reduce((a, b) => a + b, 0)).toBe(220_000);
      const nameless = sources.all().filter(({ cgroup: { path } }) => path === undefined).length;
      // 262144 bytes, of which the server's record takes 136, this process's own 64 and its cgroup's some more; 128 each.
      expect(nameless).toBeGreaterThan(2200 - 2048);
      expect(nameless).toBeLessThan(2200 - 2048 + 6);
      // The walk of what is in flight tries the last one's again.
      expect(lost.identities).toBe(nameless + 1);
    });
  },
);
