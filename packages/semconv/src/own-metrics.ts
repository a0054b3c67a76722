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
  RECEIVER_ACCEPTED_NFS_RECORDS: {
    name: 'otelcol_receiver_accepted_nfs_records',
    type: 'counter',
    unit: '{record}',
    description: 'Rows of totals that changed, and events, that a receiver handed to its pipelines.',
  },
  RECEIVER_ACCEPTED_METRIC_POINTS: {
    name: 'otelcol_receiver_accepted_metric_points',
    type: 'counter',
    unit: '{datapoint}',
    description: 'Points that a receiver handed to its pipelines.',
  },
  RECEIVER_ACCEPTED_SPANS: {
    name: 'otelcol_receiver_accepted_spans',
    type: 'counter',
    unit: '{span}',
    description: 'Spans that a receiver handed to its pipelines.',
  },
  RECEIVER_ACCEPTED_LOG_RECORDS: {
    name: 'otelcol_receiver_accepted_log_records',
    type: 'counter',
    unit: '{record}',
    description: 'Log records that a receiver handed to its pipelines.',
  },
  PROCESSOR_INCOMING_ITEMS: {
    name: 'otelcol_processor_incoming_items',
    type: 'counter',
    unit: '{item}',
    description: 'Records, points or spans that came to a processor.',
  },
  PROCESSOR_OUTGOING_ITEMS: {
    name: 'otelcol_processor_outgoing_items',
    type: 'counter',
    unit: '{item}',
    description: 'Records, points or spans that a processor let go on.',
  },
  MEMORY_LIMITER_USAGE: {
    name: 'otelcol_processor_memory_limiter_usage',
    type: 'gauge',
    unit: 'By',
    description:
      'What memory_limiter compares with its limits: the largest of resident memory and of heap, external memory and array buffers.',
  },
  MEMORY_LIMITER_LIMIT: {
    name: 'otelcol_processor_memory_limiter_limit',
    type: 'gauge',
    unit: 'By',
    description: 'The limits of memory_limiter, soft and hard.',
  },
  MEMORY_LIMITER_DROPPED: {
    name: 'otelcol_processor_memory_limiter_dropped_events',
    type: 'counter',
    unit: '{event}',
    description: 'Events that memory_limiter shed; their operations are in the totals.',
  },
  MEMORY_LIMITER_HOLDS: {
    name: 'otelcol_processor_memory_limiter_holds',
    type: 'counter',
    unit: '{hold}',
    description: 'How often memory_limiter held the receivers before it.',
  },
  MEMORY_LIMITER_COLLECTIONS: {
    name: 'otelcol_processor_memory_limiter_collections',
    type: 'counter',
    unit: '{collection}',
    description: 'Garbage collections that memory_limiter asked for.',
  },
  TRACES_DROPPED: {
    name: 'nfscope.traces.dropped',
    type: 'counter',
    unit: '{span}',
    description:
      'Slow and failed operations that a connector made no span of, by `reason`: rate (their source had more than its share), held (too many wait for the name of their source).',
  },
  PROCESS_UPTIME: { name: 'otelcol_process_uptime', type: 'counter', unit: 's', description: 'Time since the start of the process.' },
  PROCESS_CPU: {
    name: 'otelcol_process_cpu_seconds',
    type: 'counter',
    unit: 's',
    description: 'Processor time of the process, in its own code and in the kernel.',
  },
  PROCESS_RSS: { name: 'otelcol_process_memory_rss', type: 'gauge', unit: 'By', description: 'Resident memory of the process.' },
  PROCESS_HEAP: {
    name: 'otelcol_process_runtime_heap_alloc_bytes',
    type: 'gauge',
    unit: 'By',
    description: "What JavaScript's heap has in use.",
  },
  PROCESS_EXTERNAL: {
    name: 'otelcol_process_runtime_external_bytes',
    type: 'gauge',
    unit: 'By',
    description: 'Memory of buffers and of native objects beside the heap.',
  },
  EVENT_LOOP_DELAY_MAX: {
    name: 'nodejs.eventloop.delay.max',
    type: 'gauge',
    unit: 's',
    description: 'The longest that the event loop was late, since this metric was read before.',
  },
  EVENT_LOOP_DELAY_P99: {
    name: 'nodejs.eventloop.delay.p99',
    type: 'gauge',
    unit: 's',
    description: 'The 99th percentile of how late the event loop was, since this metric was read before.',
  },
  EVENT_LOOP_UTILIZATION: {
    name: 'nodejs.eventloop.utilization',
    type: 'gauge',
    unit: '1',
    description: 'Share of time in which the event loop was busy, since this metric was read before.',
  },
  CONFIGURATION_CURRENT: {
    name: 'nfscope.configuration.current',
    type: 'gauge',
    unit: '1',
    description: 'Whether what runs is what the files of the configuration say: 0 after a reload that was refused, until a good one.',
  },
  CONFIGURATION_RELOADS: {
    name: 'nfscope.configuration.reloads',
    type: 'counter',
    unit: '{reload}',
    description: 'Reloads of the configuration, by whether it was taken (`outcome`: success or failure).',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
