/** One run of a source, read by several readers from its start, each at its own pace. */
export interface SharedRun {
  /** A reader from the start; undefined when the start is no longer kept, or nobody reads any more. */
  join(): AsyncGenerator<Uint8Array, void, void> | undefined;
}

/**
 * The fastest reader pulls. Up to `keep` bytes wait for readers that join later; beyond that a chunk is let go when
 * all readers have it, so a page for one reader takes no more memory than `keep`. Ends with its last reader.
 */
export const shareRun = (source: AsyncGenerator<Uint8Array, void, void>, keep: number): SharedRun => {
  const chunks: Uint8Array[] = [];
  const readers = new Set<{ next: number }>();
  let first = 0;
  let size = 0;
  let state: 'running' | 'done' | 'left' = 'running';
  let pulling: Promise<void> | undefined;

  const pull = async (): Promise<void> => {
    const { done, value } = await source.next();
    if (done === true) state = state === 'running' ? 'done' : state;
    else {
      chunks.push(value);
      size += value.length;
    }
  };
  const letGo = (): void => {
    if (size <= keep) return;
    const slowest = Math.min(...Array.from(readers, ({ next }) => next));
    for (const chunk of chunks.splice(0, slowest - first)) size -= chunk.length;
    first = slowest;
  };
  const leave = (reader: { next: number }): void => {
    readers.delete(reader);
    if (readers.size > 0) return letGo();
    state = 'left';
    chunks.length = 0;
    // Waits for a pull that is under way by itself; what it brings is of no use to anybody.
    void source.return();
  };
  async function* read(reader: { next: number }): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = chunks[reader.next - first];
        if (chunk !== undefined) {
          reader.next++;
          letGo();
          yield chunk;
        } else if (state === 'done') {
          return;
        } else {
          await (pulling ??= pull().finally(() => (pulling = undefined)));
        }
      }
    } finally {
      leave(reader);
    }
  }

  return {
    join() {
      if (first > 0 || state === 'left') return undefined;
      const reader = { next: 0 };
      readers.add(reader);
      return read(reader);
    },
  };
};
