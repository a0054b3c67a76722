import { defer, tap } from 'rxjs';

/**
 * An operator of one's own: calls `tell` for each source that is new, or of which a component before it said something new. That is
 * once a name, not once an operation: what `tell` returns hangs on the source, and so on everything it ever does.
 *
 * @param {(source: import('@nfscope/model').Source) => import('@nfscope/model').SourceChange['resource']} tell
 * @returns {import('rxjs').MonoTypeOperatorFunction<import('@nfscope/model').NfsBatch>}
 */
export const nameSources = (tell) => (batches) =>
  defer(() => {
    /** @type {import('@nfscope/model').Sources | undefined} */
    let table;
    /** @type {number[]} */
    let revisions = [];
    return batches.pipe(
      tap(({ sources }) => {
        // A receiver that starts again has another table.
        if (sources !== table) [table, revisions] = [sources, []];
        for (const source of sources.all()) {
          if (revisions[source.index] === source.revision) continue;
          const resource = tell(source);
          revisions[source.index] = (resource ? sources.change(source.index, { resource }) : source).revision;
        }
      }),
    );
  });
