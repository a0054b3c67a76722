import { noAttributes } from '../attributes.ts';
import type { Metric, MetricsBatch } from '../metrics.ts';
import { unitText, type Names } from './names.ts';

/** A metric, and the resources its points refer to. */
export interface FamilyMember {
  readonly metric: Metric;
  readonly resources: MetricsBatch['resources'];
}

/** All metrics that get one name: one HELP, one TYPE, and the points of all of them together. */
export interface Family {
  readonly name: string;
  /** `info` is a gauge where a format has none. */
  readonly type: Metric['type'] | 'info';
  /** What becomes of series that come out with the same labels. */
  readonly merging: 'sum' | 'greatest';
  /** In words; empty where it has none. */
  readonly unit: string;
  readonly help: string;
  readonly members: readonly FamilyMember[];
}

/** What is left out of a page, and why. */
export type Omit = (reason: string, name: string) => void;

/**
 * The families of some snapshots, by name in the order of their first metric. A metric whose type is not that of its
 * family cannot be on the page: `omit` is told.
 */
export const familiesOf = (batches: Iterable<MetricsBatch>, names: Pick<Names, 'metric'>, omit: Omit): Family[] => {
  const families = new Map<string, Family & { readonly members: FamilyMember[] }>();
  for (const { metrics, resources } of batches) {
    for (const metric of metrics) {
      const { type, description } = metric;
      const name = names.metric(metric);
      const family = families.get(name);
      const member = { metric, resources };
      if (family === undefined) {
        const merging = type === 'gauge' ? 'greatest' : 'sum';
        families.set(name, { name, type, merging, unit: unitText(metric), help: description, members: [member] });
      } else if (family.type === type) family.members.push(member);
      else omit(`its name has another type already: ${family.type}, and this one is a ${type}`, name);
    }
  }
  return [...families.values()];
};

/** `target_info`: of each resource all its attributes, for a page on which some of them are no labels. */
export const targetInfo = (batches: Iterable<MetricsBatch>): Family => {
  const described = [...batches].flatMap(({ resources }) => resources).filter((resource) => Object.keys(resource).length > 0);
  const { length } = described;
  const metric: Metric = {
    type: 'gauge',
    name: 'target_info',
    unit: '',
    description: '',
    points: {
      length,
      resource: new Uint32Array(length),
      attributes: described,
      startMs: new Float64Array(length),
      value: new Float64Array(length).fill(1),
    },
  };
  return {
    name: metric.name,
    type: 'info',
    merging: 'greatest',
    unit: '',
    help: 'What the metrics are about.',
    members: [{ metric, resources: [noAttributes] }],
  };
};
