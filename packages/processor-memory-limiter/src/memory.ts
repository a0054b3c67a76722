import { totalmem } from 'node:os';
import process from 'node:process';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of this moment. */
export interface MemoryReading {
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers and native objects. */
  readonly external: number;
}

/** Where a limiter looks, and what it can do. */
export interface Memory {
  read(): MemoryReading;
  /** What the process may have: the limit of its cgroup, else all of the machine. */
  readonly available: number;
  /** What V8 lets objects that live long grow to before it ends the process. */
  readonly heapLimit: number;
  /** Collects garbage now; takes as long as the heap is large. */
  collect(): void;
}

/**
 * V8 tells one limit for young and old objects together, but ends the process when the old ones have no room. Young ones
 * have three semi-spaces, of 16 MiB up to Node 22 and 64 from 24 on (`--max-old-space-size=48` makes a limit of 96 and 240);
 * where V8 gives them less, what is left is less than there is.
 */
const oldSpace = (limit: number): number => {
  const young = 3 * (Number(process.versions.node.split('.', 1)[0]) < 24 ? 16 : 64) * 1024 * 1024;
  return Math.max(limit - young, limit / 5);
};

/** Of this process. */
export const processMemory = (): Memory => {
  // 0 or more than there is when nobody has set a limit.
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  let collect: (() => void) | undefined;
  return {
    read: () => {
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, heapUsed, external };
    },
    available: constrained > 0 ? Math.min(constrained, machine) : machine,
    heapLimit: oldSpace(getHeapStatistics().heap_size_limit),
    collect: () => {
      if (collect === undefined) {
        // Node has no other way to ask for a collection; the flag holds for contexts that are made after it.
        setFlagsFromString('--expose-gc');
        collect = runInNewContext('gc') as () => void;
      }
      collect();
    },
  };
};
