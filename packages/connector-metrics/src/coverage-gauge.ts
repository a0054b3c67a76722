import { noAttributes, type Attributes, type Metric, type MountCoverage } from '@nfscope/model';
import { attribute, metric } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/** Shares of what mountstats has of each mount: counted under it, and not, by reason. */
export const coverageGauge = (): Supplement => {
  const reasons = new WeakMap<Attributes, Map<string, Attributes>>();
  let mounts: readonly MountCoverage[] = [];

  /** One object for as long as the mount's attributes are. */
  const withReason = (of: Attributes, reason: string, operation: string | undefined): Attributes => {
    let known = reasons.get(of);
    if (known === undefined) reasons.set(of, (known = new Map()));
    const key = `${reason} ${operation ?? ''}`;
    let attributes = known.get(key);
    if (attributes === undefined) {
      attributes = Object.freeze({
        ...of,
        [attribute.NFS_IO_COVERAGE_REASON]: reason,
        ...(operation === undefined ? {} : { [attribute.NFS_OPERATION_NAME]: operation }),
      });
      known.set(key, attributes);
    }
    return attributes;
  };

  return {
    take({ mountstats }) {
      if (mountstats !== undefined) ({ mounts } = mountstats);
    },
    metrics(page): Metric[] {
      const list = pointList();
      const resource = mounts.length === 0 ? 0 : page.resource(noAttributes);
      for (const { attributes, startMs, operations, gaps } of mounts) {
        let counted = operations;
        for (const gap of gaps) {
          counted -= gap.operations;
          list.add(resource, withReason(attributes, gap.reason, gap.operation), startMs, gap.operations / operations);
        }
        // A mount that did nothing lacks nothing.
        list.add(resource, attributes, startMs, operations === 0 ? 1 : counted / operations);
      }
      return [{ ...metric.IO_COVERAGE, points: list.points() }];
    },
  };
};
