import type { NfsBatch, Sources } from '@nfscope/model';
import type { KernelSide } from './kernel-side.ts';
import { nfsMounts, podList } from './surroundings.ts';
import type { Due } from './reader.ts';
import type { RecordingWriter } from './recording-file.ts';
import type { Tick } from './tick.ts';

type Answers = { -readonly [K in keyof Omit<Tick, 'ms' | 'due'>]?: Tick[K] };

export interface Recorder {
  /** Answers as the recorded one does, and keeps the answers. */
  readonly kernel: KernelSide;
  /** Ends a tick: writes what was answered since the one before. Throws NFS-403. */
  commit(ms: number, due: Due, batch: NfsBatch | undefined): void;
}

/** Writes all that a reader is told by `kernel`, and what the processors find out beside it: the mounts below `procfs`, the names of the pods. */
export function recordKernel(kernel: KernelSide, writer: RecordingWriter, procfs: string): Recorder {
  let answers: Answers = {};
  let mounts: string | undefined;
  let pods: string | undefined;
  let sources: Sources | undefined;

  const keep = <K extends keyof Answers>(name: K, answer: NonNullable<Answers[K]>): typeof answer => {
    answers[name] = answer;
    return answer;
  };

  return {
    kernel: {
      monotonicMs: () => keep('monotonicMs', kernel.monotonicMs()),
      events: () => keep('events', kernel.events()),
      totals: () => keep('totals', kernel.totals()),
      identities: () => keep('identities', kernel.identities()),
      superblocks() {
        const rows = kernel.superblocks();
        return rows && keep('superblocks', rows);
      },
      mountPoints() {
        const rows = kernel.mountPoints();
        return rows && keep('mountPoints', rows);
      },
      tasks() {
        const rows = kernel.tasks();
        return rows && keep('tasks', rows);
      },
      lost: () => keep('lost', kernel.lost()),
    },
    commit(ms, due, batch) {
      const told = answers;
      answers = {};
      if (batch === undefined && told.identities?.length === 0) return;
      sources = batch?.sources ?? sources;
      const tick: { -readonly [K in keyof Tick]: Tick[K] } = { ...told, ms, monotonicMs: told.monotonicMs ?? kernel.monotonicMs(), due };
      if (due.totals) {
        const now = nfsMounts(procfs);
        if (now !== mounts) tick.mounts = mounts = now;
        const names = sources && podList(sources);
        if (names !== undefined && names !== pods) tick.pods = pods = names;
      }
      writer.write(tick);
    },
  };
}
