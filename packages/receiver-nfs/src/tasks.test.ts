import { nfsCharge, type NfsBatch } from '@nfscope/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runWalk } from './superblocks.ts';
import { fakeKernel, kernels, MS, ownCgroup, skipped, type operation } from './testing/fake-kernel.ts';

describe.skipIf(skipped !== undefined).each(kernels)(
  `walks on Linux %s types${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  (kernel) => {
    const kernelSide = fakeKernel(kernel);
    const { begin, run, make, batch } = kernelSide;
    beforeAll(kernelSide.open, 60_000);
    afterAll(kernelSide.close);

    test('a walk goes round all superblocks of this machine and comes back', () => {
      begin();
      // Most machines have no NFS mount; undefined would be a round that did not close.
      const found = (['SUPERBLOCKS', 'MOUNTS', 'TASKS'] as const).map((what) => runWalk(kernelSide.session, what));
      expect(found).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    });

    /** Begins an operation that does not end, and looks. */
    function stuck(change: Partial<typeof operation>, { begun = true, agoNs = 7000 * MS } = {}): NfsBatch {
      const { task } = make(change, agoNs);
      if (begun) kernelSide.session.testRun('rpc_task_begin', BigUint64Array.of(task, 0n));
      return batch();
    }

    test.each<[string, Partial<typeof operation>, keyof typeof nfsCharge, Record<string, number>]>([
      ['metadata', { name: 'LOOKUP', timeouts: 2, transmissions: 3 }, 'SUBMITTER', { timeouts: 2, transmissions: 3 }],
      ['one that was never sent', { name: 'LOOKUP', noRequest: 1 }, 'SUBMITTER', { transmissions: 0 }],
      ['a read', { shape: 'READ', name: 'READ' }, 'SUBMITTER', { bytes: 65536, file: 77, offset: 4096 }],
      ['a buffered write', { shape: 'WRITE', name: 'WRITE' }, 'PAGE', { bytes: 65536, file: 77, offset: 4096 }],
      ['a direct write', { shape: 'DIRECT_WRITE', name: 'WRITE' }, 'SUBMITTER', { bytes: 65536, file: 77, offset: 4096 }],
      ['a commit', { shape: 'COMMIT', name: 'COMMIT' }, 'PAGE', { file: 77 }],
    ])('in flight: %s', (_, change, charge, expected) => {
      begin();
      const { inflight, totals, sources, operations } = stuck(change);
      expect([inflight?.length, totals.length]).toEqual([1, 0]);
      const { source, operation: index, age, ...rest } = inflight!;
      expect(operations[index[0]!]!.name).toBe(change.name);
      const { cgroup, client } = sources.at(source[0]!);
      expect(cgroup.path).toBe(charge === 'PAGE' ? '/kubepods/pod1/c0ffee' : ownCgroup());
      expect([client.id, client.parents, client.server?.name]).toEqual([9, [4], 'nas1.example.com']);
      expect(age[0]).toBeGreaterThanOrEqual(7);
      expect(age[0]).toBeLessThan(9);
      const none = { length: 1, bytes: 0, file: 0, offset: 0, timeouts: 0, transmissions: 1 };
      const first = Object.entries(rest).map(([name, column]) => [name, typeof column === 'number' ? column : column[0]]);
      expect(Object.fromEntries(first)).toEqual({ ...none, owner: process.pid, charge: nfsCharge[charge], ...expected });
    });

    test('what was in flight is counted for the same source when it ends', () => {
      begin();
      const { inflight } = stuck({ shape: 'WRITE', status: 65536, name: 'WRITE' });
      run({ shape: 'WRITE', status: 65536, name: 'WRITE' });
      const { totals } = batch();
      expect([totals.source[0], totals.operation[0], totals.charge[0]]).toEqual([
        inflight!.source[0],
        inflight!.operation[0],
        inflight!.charge[0],
      ]);
    });

    test.each<[string, Partial<typeof operation>, number | undefined]>([
      ['a task that was not started, or is over', { runstate: 2 }, 0],
      ['a link that does not lead back: the walk is torn', { torn: 'LINK' }, undefined],
      ['a task of another client: the walk is torn', { torn: 'CLIENT' }, undefined],
    ])('not in flight: %s', (_, change, length) => {
      begin();
      expect(stuck(change).inflight?.length).toBe(length);
    });

    test('of what is in flight beyond the rows of a walk, each is counted as lost', () => {
      begin();
      make({});
      expect(kernelSide.fake.testRun('make_crowd')).toBe(0);
      const { inflight, lost } = batch();
      expect([inflight!.length, lost.tasks]).toEqual([4096, 4200 - 4096]);
    });
  },
);
