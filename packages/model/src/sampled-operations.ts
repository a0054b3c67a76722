import type { Exemplar } from './exemplars.ts';

/** An operation that became a span. Its totals are those of its source, operation and error. */
export interface SampledOperation {
  /** Index into the table of sources. */
  readonly source: number;
  /** Index into the operations of its batch. */
  readonly operation: number;
  /** 0, errno or NFS4ERR_* number. */
  readonly error: number;
  /** Its duration, by the bounds of its batch. */
  readonly exemplar: Exemplar;
}

/** Of each bucket of totals the newest operation that became a span. Whoever makes a span says so here, whoever counts finds it here. */
export interface SampledOperations {
  add(sampled: SampledOperation): void;
  /** The newest last. */
  all(): Iterable<SampledOperation>;
}

/** A megabyte. Beyond them the oldest goes; a source has few, for a slow server fills the same buckets again and again. */
const MOST = 4096;

export const sampledOperations = (): SampledOperations => {
  /** In the order of their last addition. */
  const byBucket = new Map<string, SampledOperation>();
  return {
    add(sampled) {
      const { source, operation, error, exemplar } = sampled;
      const key = `${source} ${operation} ${error} ${exemplar.bucket}`;
      byBucket.delete(key);
      byBucket.set(key, sampled);
      if (byBucket.size <= MOST) return;
      const [oldest] = byBucket.keys();
      byBucket.delete(oldest!);
    },
    all: () => byBucket.values(),
  };
};
