import * as z from 'zod';
import { splitEndpoint } from './endpoint.ts';

const components = z.record(z.string(), z.unknown()).nullable().default({});
const references = z.array(z.string());

const telemetry = z.strictObject({
  metrics: z
    .strictObject({
      level: z.enum(['none', 'normal']).default('normal').describe('`none`: its own metrics are not served.'),
      endpoint: z
        .string()
        .refine((text) => splitEndpoint(text) !== undefined, 'expected host:port, such as localhost:8888, [::1]:8888 or :8888')
        .optional()
        .describe('Address and port of its own metrics, below /metrics. Unset it is localhost:8888, if nobody listens there.'),
    })
    .prefault({})
    .describe('Metrics of the agent itself.'),
  logs: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .optional()
        .describe('Least level of what is logged. Unset it is that of `--log-level`.'),
    })
    .prefault({})
    .describe('The log of the agent itself.'),
});

/**
 * The shape of a configuration, as in the OpenTelemetry Collector: components by id (`type` or `type/name`),
 * and the pipelines they form. What stands below a component's id is checked by the component's own schema.
 */
export const pipelinesConfig = z.strictObject({
  receivers: components.describe('Where batches come from, by id.'),
  processors: components.describe('What changes batches on their way, by id.'),
  connectors: components.describe('What ends one pipeline and starts another, by id.'),
  exporters: components.describe('Where batches go, by id.'),
  extensions: components.describe('What runs beside the pipelines, by id.'),
  service: z
    .strictObject({
      telemetry: telemetry.prefault({}).describe('What the agent tells of itself.'),
      extensions: references.default([]).describe('Ids of extensions, in the order they start: before all pipelines.'),
      pipelines: z
        .record(
          z.string(),
          z.strictObject({
            receivers: references.default([]).describe('Ids of receivers, or of connectors that end another pipeline.'),
            processors: references.default([]).describe('Ids of processors, in their order.'),
            exporters: references.default([]).describe('Ids of exporters, or of connectors that start another pipeline.'),
          }),
        )
        .default({})
        .describe('Pipelines by `signal` or `signal/name`; the signals are nfs, metrics, traces and logs.'),
    })
    .prefault({})
    .describe('What runs.'),
});

/** A configuration with its defaults filled in. A component's value may be null, which means `{}`. */
export type PipelinesConfig = z.output<typeof pipelinesConfig>;
/** What a configuration says of the agent's own metrics and log. */
export type TelemetryConfig = PipelinesConfig['service']['telemetry'];
