import { defer, map } from 'rxjs';

/**
 * An operator of one's own: the container that moved most bytes since the batch before. Totals are cumulative, so a row's
 * share is what it grew by.
 *
 * @returns {import('rxjs').OperatorFunction<import('@nfscope/model').NfsBatch, string>}
 */
export const topContainer = () => (batches) =>
  defer(() => {
    /** @type {number[]} */
    const before = [];
    return batches.pipe(
      map(({ sources, totals }) => {
        /** @type {Map<string, number>} */
        const moved = new Map();
        for (let i = 0; i < totals.length; i++) {
          const { 'k8s.pod.name': pod = 'no pod', 'k8s.container.name': container = '-' } = sources.at(totals.source[i] ?? 0).resource;
          const who = [pod, container].join('/');
          const row = totals.row[i] ?? 0;
          const bytes = totals.bytes[i] ?? 0;
          moved.set(who, (moved.get(who) ?? 0) + bytes - (before[row] ?? 0));
          before[row] = bytes;
        }
        const [top] = [...moved].sort(([, a], [, b]) => b - a);
        return top && top[1] > 0 ? `${top[0]} ${top[1]} bytes` : 'nothing moved';
      }),
    );
  });
