export type Change<T> = { readonly kind: 'set'; readonly item: T } | { readonly kind: 'delete'; readonly key: string };

/** What a source of identity writes to. The key is an object's uid, or the id of a container without a pod. */
export interface Table<T> {
  /** A `set` replaces all that was known under its key. */
  apply(changes: readonly Change<T>[]): void;
  /** All there is now: one good list. */
  replace(items: readonly T[]): void;
}
