import type { Config } from './config.ts';
import type { Memory, MemoryReading } from './memory.ts';

/** How full the memory is: below both limits, over the soft one, over the hard one. */
export type Level = 'normal' | 'soft' | 'hard';

/** Bytes. */
export interface Limits {
  readonly soft: number;
  readonly hard: number;
  /** The same for the heap alone, which V8 has a limit of its own for. */
  readonly softHeap: number;
  readonly hardHeap: number;
}

const MIB = 1024 * 1024;
/** Of V8's limit. Near it V8 does little but collect, and one large object then ends the process. */
const HEAP_SHARE = 0.8;

/** The limits that a configuration means on this memory. */
export const limitsOf = (
  { limit_mib, limit_percentage, spike_limit_mib }: Config,
  { available, heapLimit }: Pick<Memory, 'available' | 'heapLimit'>,
): Limits => {
  const hard = limit_mib > 0 ? limit_mib * MIB : Math.floor((available * limit_percentage) / 100);
  // A spike as large as all there is leaves no soft limit to be below of; half is as good as it gets then.
  const soft = Math.max(hard / 2, hard - (spike_limit_mib > 0 ? spike_limit_mib * MIB : hard / 5));
  const hardHeap = Math.min(hard, heapLimit * HEAP_SHARE);
  return { soft, hard, hardHeap, softHeap: hardHeap * (soft / hard) };
};

/** What counts against the limits: resident memory, or what heap and buffers ask for while a part of them is swapped or not touched yet. */
export const usageOf = ({ rss, heapUsed, external }: MemoryReading): number => Math.max(rss, heapUsed + external);

/** Where a reading is. */
export const levelOf = (reading: MemoryReading, { soft, hard, softHeap, hardHeap }: Limits): Level => {
  const usage = usageOf(reading);
  if (usage >= hard || reading.heapUsed >= hardHeap) return 'hard';
  return usage >= soft || reading.heapUsed >= softHeap ? 'soft' : 'normal';
};
