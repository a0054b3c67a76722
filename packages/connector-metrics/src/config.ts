import { duration } from '@nfscope/pipeline';
import * as z from 'zod';

/** The configuration of `metrics`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  interval: duration(100).prefault('1s').describe('How often all series are handed on, at most: nothing is while no batch comes in.'),
  grace: duration()
    .prefault('10s')
    .describe('How long a source that a processor may still name is held back; then it leaves with the attributes it has.'),
  charge: z
    .boolean()
    .default(false)
    .describe('Adds nfs.io.charge, the rule that decided who pays, to every point. Multiplies the series of buffered writes.'),
  exemplars: z
    .boolean()
    .default(true)
    .describe(
      'Whether each bucket of nfs.io.duration points at its newest operation that a connector `traces` of the same receiver made a span of. Without such a connector there are none.',
    ),
  max_series: z
    .number()
    .int()
    .min(0)
    .default(10_000)
    .describe(
      'The most series, of resource and attributes, that operations may have; each is a point of several metrics. What is new then goes into one more series of each metric, marked otel.metric.overflow, so that sums stay exact. 0: no limit.',
    ),
  metrics_expiration: duration()
    .prefault('5m')
    .describe(
      'How long the series of a pod or container that is gone stay after the last change of any; then they end, and come back should something of it be flushed still. 0s: for ever.',
    ),
  share_window: duration()
    .prefault('1m')
    .describe(
      'Of what time nfs.io.share tells the parts of an export’s work, once workloads of Kubernetes are known: the last half to whole of it. 0s: it is not told.',
    ),
  mount_health: z
    .strictObject({
      slow: duration().prefault('100ms').describe('A mount is slow when its operations take that long from sending to reply, in the mean.'),
      stuck: duration(1000)
        .prefault('10s')
        .describe('A mount is stuck when an operation has been in flight that long, and none has succeeded for as long.'),
      window: duration(1000).prefault('1m').describe('Operations are judged that ended in the last half to whole of it.'),
    })
    .prefault({})
    .describe('When nfs.mount.health changes.'),
});

/** Times are milliseconds. */
export type Config = z.output<typeof config>;
