import { Subject, type Observable } from 'rxjs';
import type { Table } from '../table.ts';

export interface Named {
  readonly uid: string;
  readonly name: string;
}

export interface NameTable extends Table<Named> {
  /** Names by uid. */
  readonly known: ReadonlyMap<string, string>;
  /** Fires after every change. */
  readonly changed: Observable<void>;
}

/** A table that keeps what it is told, and no more. */
export const nameTable = (): NameTable => {
  const [known, changed] = [new Map<string, string>(), new Subject<void>()];
  return {
    known,
    changed,
    apply(changes) {
      for (const change of changes) {
        if (change.kind === 'set') known.set(change.item.uid, change.item.name);
        else known.delete(change.key);
      }
      changed.next();
    },
    replace(items) {
      known.clear();
      for (const { uid, name } of items) known.set(uid, name);
      changed.next();
    },
  };
};
