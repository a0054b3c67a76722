import { readFileSync, writeFileSync } from 'node:fs';
import { nfsReceiverConfig } from '@nfscope/receiver-nfs';
import type { FakeKernel, Shape } from './fake-kernel.ts';
import { notMeasured, type Row } from './row.ts';
import { interleave, ratioOf, spreadOf } from './spread.ts';
import type { Insides, Session } from './tree.ts';

const ROUNDS = 21;
/** Long enough for a mean, short enough that a round is over before a fake operation counts as slow. */
const OPERATIONS = 1500;
const WARM_UP = 300;
/** Counts run time of programs; the kernel's own clock around each run. */
const STATS = '/proc/sys/kernel/bpf_stats_enabled';

const paths: readonly { readonly shape: Shape; readonly what: string; readonly budget: number }[] = [
  { shape: 'GETATTR', what: 'kernel: GETATTR, its submitter pays', budget: 0.28 },
  { shape: 'READ', what: 'kernel: READ, its submitter pays', budget: 0.28 },
  { shape: 'WRITE', what: 'kernel: WRITE, the owner of its page pays', budget: 0.45 },
];
const opener = 'kernel: WRITE, its opener pays';

interface Design {
  readonly session: Session;
  readonly begin: string;
  readonly end: string;
}

/** Mean nanoseconds in the programs that one operation takes, begin and end together. */
const cost = (kernel: FakeKernel, { session, begin, end }: Design, shape: Shape): number => {
  const context = kernel.make(shape);
  const operate = (times: number): void => {
    for (let i = 0; i < times; i++) {
      session.testRun(begin, context);
      session.testRun(end, context);
    }
  };
  operate(WARM_UP);
  const before = session.counters();
  operate(OPERATIONS);
  const after = session.counters();
  const took = (program: string): number => after[program]!.runTimeNs - before[program]!.runTimeNs;
  const runs = after[end]!.runs - before[end]!.runs;
  if (runs < OPERATIONS) throw new Error(`the kernel counted ${runs} runs of ${OPERATIONS}`);
  return (begin === end ? took(end) : took(begin) + took(end)) / OPERATIONS;
};

/** The programs as they are shipped beside the usual design, on the same operations. */
export const kernelCost = ({ load, batchReader }: Insides, kernel: FakeKernel): Row[] => {
  const stats = readFileSync(STATS, 'utf8');
  try {
    writeFileSync(STATS, '1');
  } catch (error) {
    const reason = `cannot switch on ${STATS}: ${(error as Error).message}`;
    return paths.map(({ what, budget }) => notMeasured(what, 'ns/op', `<= ${budget} of the usual`, reason));
  }
  const config = nfsReceiverConfig.parse({ btf: kernel.btf });
  const sessions: Session[] = [];
  try {
    const { session: ours } = load(config, 'bench');
    sessions.push(ours);
    const usual = kernel.usual();
    sessions.push(usual);
    const rows: Row[] = paths.map(({ shape, what, budget }) => {
      const runs = interleave(ROUNDS, {
        ours: () => cost(kernel, { session: ours, begin: 'rpc_task_begin', end: 'rpc_task_end' }, shape),
        usual: () => cost(kernel, { session: usual, begin: 'usual_begin', end: 'usual_end' }, shape),
        empty: () => cost(kernel, { session: usual, begin: 'empty', end: 'empty' }, shape),
      });
      const less = (some: number[]): number[] => some.map((value, round) => value - runs.empty[round]!);
      const [own, other] = [less(runs.ours), less(runs.usual)];
      const ratio = ratioOf(own, other);
      return {
        what,
        unit: 'ns/op',
        budget: `<= ${budget} of the usual`,
        measured: spreadOf(own),
        alternative: { name: 'in-flight hash, single-field reads', measured: spreadOf(other) },
        ratio,
        met: ratio.median <= budget,
      };
    });
    // Fast because it counts nothing would be no result.
    const { totals } = batchReader(ours, config)(Date.now(), { totals: true })!;
    const counted = totals.count.reduce((sum, count) => sum + count, 0);
    const expected = paths.length * ROUNDS * (WARM_UP + OPERATIONS);
    if (counted !== expected) throw new Error(`${counted} of ${expected} operations were counted`);
    return [...rows, notMeasured(opener, 'ns/op', '<= 0.28 of the usual', 'the program has no rule by opener')];
  } finally {
    writeFileSync(STATS, stats);
    for (const session of sessions) session.close();
  }
};
