import { readFileSync } from 'node:fs';
import { objectFile } from '@nfscope/bpf';
import { nfsCharge } from '@nfscope/model';
import { open } from '@nfscope/native';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hooks } from './hooks.ts';
import { vfsHooks } from './vfs-hooks.ts';
import { fakeKernel, kernels, MS, operation, ownCgroup, skipped } from './testing/fake-kernel.ts';

describe.skipIf(skipped !== undefined).each(kernels)(
  `the program on Linux %s types${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  (kernel) => {
    const kernelSide = fakeKernel(kernel);
    const { begin, run, make, batch } = kernelSide;
    beforeAll(kernelSide.open, 60_000);
    afterAll(kernelSide.close);
    const bucketOf = (bounds: readonly number[], value: number) => bounds.filter((bound) => value > bound).length;
    const filled = (column: Float64Array, buckets: number, row = 0) =>
      [...column.subarray(row * buckets, (row + 1) * buckets)].flatMap((count, i) => (count > 0 ? [[i, count]] : []));

    test('the kernel takes every way in', () => {
      // Of a trampoline it depends on this very kernel, and on what its seccomp and LSM allow.
      const ways = [...hooks, ...vfsHooks].flatMap((hook) => hook.ways);
      const except = ways.filter(({ type }) => type === 'fexit' || type === 'fentry').map(({ program }) => program);
      const own = open(readFileSync(objectFile), { btf: kernelSide.btf, except });
      const loaded = own.counters();
      own.close();
      expect(ways.filter(({ program }) => !(program in loaded)).map(({ program }) => program)).toEqual(except);
    });

    const rows: [
      string,
      Partial<typeof operation>,
      { kind: string; direct?: true; charge: keyof typeof nfsCharge; error?: number; bytes?: number; requested?: number },
    ][] = [
      ['metadata', {}, { kind: 'other', charge: 'SUBMITTER' }],
      ['a failure', { status: -2, name: 'LOOKUP' }, { kind: 'other', charge: 'SUBMITTER', error: 2 }],
      ['an NFSv4 failure', { status: -10008, name: 'OPEN' }, { kind: 'other', charge: 'SUBMITTER', error: 10008 }],
      ['a read', { shape: 'READ', status: 1000, name: 'READ' }, { kind: 'read', charge: 'SUBMITTER', bytes: 1000, requested: 65536 }],
      [
        'a buffered write',
        { shape: 'WRITE', status: 65536, name: 'WRITE' },
        { kind: 'write', charge: 'PAGE', bytes: 65536, requested: 65536 },
      ],
      [
        'a write of a tail page',
        { shape: 'WRITE_TAIL_PAGE', status: 512, name: 'WRITE' },
        { kind: 'write', charge: 'PAGE', bytes: 512, requested: 65536 },
      ],
      [
        'a write of a page without a cgroup',
        { shape: 'WRITE_NO_CGROUP', status: 512, name: 'WRITE' },
        { kind: 'write', charge: 'SUBMITTER', bytes: 512, requested: 65536 },
      ],
      [
        'a direct write',
        { shape: 'DIRECT_WRITE', status: 65536, name: 'WRITE' },
        { kind: 'write', direct: true, charge: 'SUBMITTER', bytes: 65536, requested: 65536 },
      ],
      [
        'a failed write',
        { shape: 'WRITE', status: -28, name: 'WRITE' },
        { kind: 'write', charge: 'PAGE', error: 28, bytes: 0, requested: 65536 },
      ],
      ['a commit', { shape: 'COMMIT', name: 'COMMIT' }, { kind: 'commit', charge: 'PAGE' }],
      ['version 3, retransmitted', { version: 3, transmissions: 3, timeouts: 1 }, { kind: 'other', charge: 'SUBMITTER' }],
    ];

    test.each(rows)('%s: every field of its totals and its event', (_, change, expected) => {
      begin();
      run(change);
      const wanted = { ...operation, ...change };
      const { totals, events, operations, sources, bounds } = batch();
      expect(totals.length).toBe(1);
      const { kind, direct } = expected;
      expect(operations).toEqual([
        { index: 0, name: wanted.name, program: 100003, version: wanted.version, kind, ...(direct ? { direct } : {}) },
      ]);
      const at = (column: { readonly [i: number]: number }) => column[0]!;
      expect([totals.count, totals.error, totals.charge, totals.bytes, totals.requested].map(at)).toEqual([
        1,
        expected.error ?? 0,
        nfsCharge[expected.charge],
        expected.bytes ?? 0,
        expected.requested ?? 0,
      ]);
      expect([totals.sent, totals.received, totals.retransmits, totals.timeouts].map(at)).toEqual([
        wanted.sent,
        wanted.received,
        wanted.transmissions - 1,
        wanted.timeouts,
      ]);
      const [duration, rtt, queue] = [totals.durationSum, totals.rttSum, totals.queueSum].map(at) as [number, number, number];
      expect(rtt).toBeCloseTo(wanted.rtt / 1e9, 12);
      expect(queue).toBeCloseTo(wanted.sentAfter / 1e9, 12);
      // From 5 ms before the call to the moment the program looked at the clock.
      expect(duration).toBeGreaterThan(0.005);
      expect(duration).toBeLessThan(2);
      const data = expected.kind !== 'other';
      expect(filled(totals.duration, totals.buckets)).toEqual([[bucketOf(bounds.duration, duration), 1]]);
      expect(filled(totals.rtt, totals.buckets)).toEqual(data ? [[bucketOf(bounds.duration, rtt), 1]] : []);
      expect(filled(totals.queue, totals.buckets)).toEqual(data ? [[bucketOf(bounds.duration, queue), 1]] : []);
      const sized = data && expected.kind !== 'commit' && (expected.error ?? 0) === 0;
      expect(filled(totals.size, totals.buckets)).toEqual(sized ? [[bucketOf(bounds.size, expected.bytes!), 1]] : []);

      const { cgroup, client } = sources.at(totals.source[0]!);
      expect(client).toEqual({
        id: 9,
        program: 100003,
        version: wanted.version,
        parents: [4],
        server: { address: '192.0.2.7', port: 2049, transport: 'tcp', name: 'nas1.example.com' },
      });
      if (expected.charge === 'PAGE') expect(cgroup).toEqual({ id: 4242, kind: 'cgroup', path: '/kubepods/pod1/c0ffee' });
      else expect(cgroup.path).toBe(ownCgroup());

      expect(events.length).toBe(1);
      expect([events.status, events.error, events.bytes, events.requested, events.sent, events.received].map(at)).toEqual([
        wanted.status,
        expected.error ?? 0,
        expected.bytes ?? 0,
        expected.requested ?? 0,
        wanted.sent,
        wanted.received,
      ]);
      expect([events.owner, events.uid, events.xid, events.transmissions, events.timeouts].map(at)).toEqual([
        process.pid,
        1000,
        0xabcdef01,
        wanted.transmissions,
        wanted.timeouts,
      ]);
      expect([events.file, events.offset].map(at)).toEqual([data ? 77 : 0, data && expected.kind !== 'commit' ? 4096 : 0]);
      expect([events.duration, events.rtt, events.queue].map(at)).toEqual([duration, rtt, queue]);
      expect(Math.abs(events.timeMs[0]! - Date.now())).toBeLessThan(2000);
      expect([events.source[0], events.operation[0]]).toEqual([totals.source[0], 0]);
    });

    test('attempts of one operation add up in one row, and only changed rows are read again', () => {
      begin();
      run({ shape: 'READ', status: 1000, name: 'READ' }, { times: 5 });
      expect([...batch().totals.count]).toEqual([5]);
      run({ shape: 'READ', status: 24, name: 'READ' });
      run({ name: 'ACCESS' });
      const { totals, operations } = batch();
      expect([...totals.operation].map((i, row) => [operations[i]!.name, totals.count[row], totals.bytes[row]])).toEqual([
        ['READ', 6, 5024],
        ['ACCESS', 1, 0],
      ]);
      expect(batch().totals.length).toBe(0);
    });

    test.each([
      ['another program than NFS', { program: 100021 }],
      ['an attempt without a request, as mountstats', { noRequest: 1 }],
    ])('%s is not counted', (_, change) => {
      begin();
      run(change);
      expect(batch().totals.length).toBe(0);
    });

    test('an operation whose begin nobody saw is charged to unknown', () => {
      begin();
      run({ owner: 4_000_000 }, { begun: false });
      const { totals, sources } = batch();
      expect([totals.charge[0], sources.at(totals.source[0]!).cgroup.kind]).toEqual([nfsCharge.UNKNOWN, 'unknown']);
    });

    test('a process that moved pays from the cgroup it was in when the operation began', () => {
      begin();
      const sinceNs = process.hrtime.bigint() - 10_000_000n;
      // struct owner: cgroup, previous, since, kthread.
      const owner = BigUint64Array.of(222n, 111n, sinceNs, 0n);
      kernelSide.session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(owner.buffer));
      run({ name: 'ACCESS' }, { begun: false, agoNs: 20 * MS });
      run({ name: 'LOOKUP' }, { begun: false, agoNs: 5 * MS });
      const { totals, sources, operations } = batch();
      const paid = [...totals.source].map((source, row) => [operations[totals.operation[row]!]!.name, sources.at(source).cgroup.id]);
      expect(paid).toEqual([
        ['ACCESS', 111],
        ['LOOKUP', 222],
      ]);
    });

    test.each([
      ['an operation of its own is the system’s', { shape: 'PLAIN', name: 'RENEW' }, 'SYSTEM', 'system'],
      ['a write goes to the page’s owner', { shape: 'WRITE', status: 10, name: 'WRITE' }, 'PAGE', 'cgroup'],
      ['a write of a page without a cgroup is nobody’s', { shape: 'WRITE_NO_CGROUP', status: 10, name: 'WRITE' }, 'UNKNOWN', 'unknown'],
    ] as const)('a kernel thread: %s', (_, change, charge, kind) => {
      begin();
      const owner = BigUint64Array.of(1n, 0n, 0n, 1n);
      kernelSide.session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(owner.buffer));
      run(change, { begun: false });
      const { totals, sources } = batch();
      expect([totals.charge[0], sources.at(totals.source[0]!).cgroup.kind]).toEqual([nfsCharge[charge], kind]);
    });

    describe('the cgroup that opened the file', () => {
      /** As the hook of open(2) enters it; `life` is what stands at the address now. */
      function opened(life: { dentry?: bigint; cred?: bigint } = {}): void {
        const { context, dentry, cred } = make({});
        const opener = BigUint64Array.of(777n, life.dentry ?? dentry, life.cred ?? cred);
        kernelSide.session.update('openers', new Uint8Array(BigUint64Array.of(context).buffer), new Uint8Array(opener.buffer));
      }
      const kthread = () => {
        const owner = BigUint64Array.of(1n, 0n, 0n, 1n);
        kernelSide.session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(owner.buffer));
      };
      const paid = (): [keyof typeof nfsCharge | undefined, number] => {
        const { totals, sources } = batch();
        const rule = Object.entries(nfsCharge).find(([, value]) => value === totals.charge[0])?.[0] as keyof typeof nfsCharge | undefined;
        return [rule, sources.at(totals.source[0]!).cgroup.id];
      };
      const WRITE = { status: 10, name: 'WRITE' };

      test.each([
        ['pays for a write of a page that is another’s', { shape: 'WRITE', ...WRITE }, 'OPENER', 777],
        ['pays for a write of a page that is nobody’s', { shape: 'WRITE_NO_CGROUP', ...WRITE }, 'OPENER', 777],
        ['pays for a commit', { shape: 'COMMIT', name: 'COMMIT' }, 'OPENER', 777],
        ['pays for a direct write that a kernel thread repeats', { shape: 'DIRECT_WRITE', ...WRITE }, 'OPENER', 777],
        ['pays for the commit of direct writes', { shape: 'DIRECT_COMMIT', name: 'COMMIT' }, 'OPENER', 777],
      ] as const)('%s', (_, change, rule, cgroup) => {
        begin();
        opened();
        kthread();
        run(change, { begun: false });
        expect(paid()).toEqual([rule, cgroup]);
      });

      test.each([
        ['a read', { shape: 'READ', status: 10, name: 'READ' }],
        ['a direct write', { shape: 'DIRECT_WRITE', ...WRITE }],
        ['the commit of a direct write', { shape: 'DIRECT_COMMIT', name: 'COMMIT' }],
      ] as const)('does not pay for %s that another sends', (_, change) => {
        begin();
        opened();
        run(change);
        expect(paid()[0]).toBe('SUBMITTER');
      });

      test.each([
        ['another file', { dentry: 1n }],
        ['another process', { cred: 1n }],
      ])('is forgotten when its address is given to %s', (_, life) => {
        begin();
        opened(life);
        run({ shape: 'WRITE', ...WRITE });
        expect(paid()).toEqual(['PAGE', 4242]);
      });
    });

    test('a client number that is given again is another client', () => {
      begin();
      run({});
      kernelSide.session.testRun('rpc_clnt_free', BigUint64Array.of(make({}).client));
      run({});
      const { totals, sources } = batch();
      expect([...totals.source].map((i) => sources.at(i).client.id)).toEqual([9, (1 << 16) | 9]);
    });

    test('an IPv6 server is written as RFC 5952 says', () => {
      begin();
      const address = Buffer.from('0a000801' + '00000000' + '20010db8000000000000000000000005' + '00000000' + '00000000', 'hex');
      run({ address });
      const { totals, sources } = batch();
      expect(sources.at(totals.source[0]!).client.server).toMatchObject({ address: '2001:db8::5', port: 2049 });
    });

    test('a full table loses owners, counts them, and keeps every sum by operation', () => {
      begin({ max_rows: 256 });
      for (let i = 1; i <= 300; i++) run({ shape: 'WRITE', status: 100, name: 'WRITE', pageCgroup: i });
      const { totals, lost, sources } = batch();
      const sum = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
      expect([sum(totals.count), sum(totals.bytes)]).toEqual([300, 30_000]);
      const others = [...totals.source].flatMap((source, row) => (sources.at(source).cgroup.kind === 'other' ? [totals.count[row]!] : []));
      // 256 rows less row 0 and the 22 kept back.
      expect(others).toEqual([300 - 233]);
      expect(lost.rows).toBe(300 - 233);
    });

    test('a full event ring loses events, counts them, and changes no total', () => {
      begin({ ring_size: 65536 });
      run({}, { times: 2000 });
      const { totals, events, lost } = batch();
      expect(totals.count[0]).toBe(2000);
      // 96 bytes an event, header included; the kernel leaves at least one byte free.
      expect(events.length).toBe(Math.floor(65535 / 96));
      expect(lost.events).toBe(2000 - events.length);
    });

    test.each([
      ['off', { status: -5 }, 0],
      ['slow', {}, 0],
      ['slow', { status: -5 }, 1],
      ['all', {}, 1],
    ])('events: %s, operation %j: %i events', (events, change, expected) => {
      begin({ events });
      run(change);
      expect(batch().events.length).toBe(expected);
    });

    test('events: slow, an operation as long as the threshold', () => {
      begin({ events: 'slow', slow_threshold: '1s' });
      run({}, { agoNs: 1000 * MS });
      expect(batch().events.length).toBe(1);
    });
  },
);
