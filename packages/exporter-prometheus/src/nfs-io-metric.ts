import { noAttributes, type Attributes, type MetricsBatch } from '@nfscope/model';
import type { Family } from '@nfscope/model/prometheus';
import { attribute, metric } from '@nfscope/semconv';

const types = ['count', 'latency', 'bytes'] as const;
type Type = (typeof types)[number];

/** What each label says, by the attributes that may have it. */
const labels = {
  nfs_server: [attribute.SERVER_ADDRESS],
  ns: [attribute.K8S_NAMESPACE_NAME],
  pod: [attribute.K8S_POD_NAME],
  container: [attribute.K8S_CONTAINER_NAME],
  op: [attribute.NFS_OPERATION_NAME, attribute.ONC_RPC_PROCEDURE_NAME],
} as const;

/** How many points are gone through before others get their turn. */
const TURN = 4096;

/** `nfs_io_metric` of some snapshots; undefined gives others their turn. */
export type NfsIoMetric = (batches: readonly MetricsBatch[]) => Generator<undefined, Family, void>;

const viewOf = (resource: Attributes, attributes: Attributes): Readonly<Record<Type, Attributes>> => {
  const shared = Object.fromEntries(
    Object.entries(labels).flatMap(([label, names]) => {
      const value = names.map((name) => attributes[name] ?? resource[name]).find((one) => one !== undefined);
      return value === undefined ? [] : [[label, value]];
    }),
  );
  const [count, latency, bytes] = types.map((type): Attributes => ({ ...shared, type }));
  return { count: count!, latency: latency!, bytes: bytes! };
};

/**
 * The view of operations that dashboards made for `nfs_io_metric` ask for: a gauge whose series are the sums of the
 * histograms of duration and size over all other attributes. Operations, seconds and bytes since the series began.
 */
export const nfsIoMetric = (): NfsIoMetric => {
  // Rendered labels are kept by these objects, so they live as long as the series they come from.
  const known = new WeakMap<Attributes, WeakMap<Attributes, ReturnType<typeof viewOf>>>();
  const knownView = (resource: Attributes, attributes: Attributes): ReturnType<typeof viewOf> => {
    let ofResource = known.get(resource);
    if (ofResource === undefined) known.set(resource, (ofResource = new WeakMap()));
    let view = ofResource.get(attributes);
    if (view === undefined) ofResource.set(attributes, (view = viewOf(resource, attributes)));
    return view;
  };

  return function* (batches) {
    const [attributes, values]: [Attributes[], number[]] = [[], []];
    const put = (of: Attributes, value: number): void => {
      attributes.push(of);
      values.push(value);
    };
    for (const { metrics, resources } of batches) {
      for (const { name, type, points: sets } of metrics) {
        if (type !== 'histogram' || (name !== metric.IO_DURATION.name && name !== metric.IO_SIZE.name)) continue;
        for (const points of sets) {
          for (let point = 0; point < points.length; point++) {
            const view = knownView(resources[points.resource[point]!]!, points.attributes[point]!);
            if (name === metric.IO_SIZE.name) put(view.bytes, points.sum[point]!);
            else {
              put(view.count, points.count[point]!);
              put(view.latency, points.sum[point]!);
            }
            if (point % TURN === TURN - 1) yield undefined;
          }
        }
      }
    }
    const { length } = attributes;
    const columns = { length, attributes, resource: new Uint32Array(length), startMs: new Float64Array(length) };
    return {
      name: 'nfs_io_metric',
      type: 'gauge',
      merging: 'sum',
      unit: '',
      help: 'Operations (count), the seconds they took (latency) and their payload (bytes).',
      members: [
        {
          metric: {
            type: 'gauge',
            name: 'nfs_io_metric',
            unit: '',
            description: '',
            points: { ...columns, value: Float64Array.from(values) },
          },
          resources: [noAttributes],
        },
      ],
    };
  };
};
