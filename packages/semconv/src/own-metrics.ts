import type { MetricDefinition } from './metrics.ts';

/** What nfscope tells of itself, through the Meter API, beside what it measures. In the Collector's names where it has one. */
export const ownMetric = {
  RECEIVER_READ_DURATION: {
    name: 'nfscope.receiver.read.duration',
    type: 'histogram',
    unit: 's',
    description: 'Time of one look at the kernel side: rings drained, totals read when due, names decoded.',
  },
  RING_USAGE: {
    name: 'nfscope.ring.usage',
    type: 'gauge',
    unit: 'By',
    description: 'The most that waited in a ring of the kernel side when it was drained, since this metric was read before.',
  },
  RING_LIMIT: { name: 'nfscope.ring.limit', type: 'gauge', unit: 'By', description: 'Size of a ring of the kernel side.' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
