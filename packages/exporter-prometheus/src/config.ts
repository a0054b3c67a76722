import { translationStrategies } from '@nfscope/model/prometheus';
import { endpoint } from '@nfscope/pipeline';
import * as z from 'zod';

/** The configuration of `prometheus`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  endpoint: endpoint('127.0.0.1:9464'),
  path: z
    .string()
    .regex(/^\/[^\s?#]*$/, 'expected a path that starts with /, without spaces, ? and #')
    .default('/metrics')
    .describe('Where the metrics are.'),
  web_config_file: z
    .string()
    .min(1, 'expected a path')
    .optional()
    .describe(
      'TLS and users, in the format of Prometheus’ own web configuration (`tls_server_config`, `basic_auth_users`); read again when it or a certificate changes. Without it, anybody may read in plain text.',
    ),
  translation_strategy: z
    .enum(translationStrategies)
    .default('UnderscoreEscapingWithSuffixes')
    .describe(
      'Names of metrics and labels: the first two write letters, digits and underscores, the others the names of OpenTelemetry for a scraper that takes UTF-8; suffixes are those of unit and type.',
    ),
  resource_labels: z
    .array(z.string().regex(/^[^*]*\*?$/, 'expected the name of an attribute, or its beginning and *'))
    .default(['*'])
    .describe(
      'Which resource attributes are labels of every series, by name or by how it begins (`k8s.pod.*`). Series that differ in nothing else are added up.',
    ),
  target_info: z
    .boolean()
    .default(false)
    .describe(
      'Whether each resource has a series `target_info` with all its attributes as labels, to join with those that are not in `resource_labels`.',
    ),
  nfs_io_metric: z
    .boolean()
    .default(false)
    .describe(
      'Whether there is a gauge `nfs_io_metric` besides, for dashboards made for it: by nfs_server, ns, pod, container, op and type (count, latency in seconds, bytes), the sums of the histograms.',
    ),
  created_samples: z
    .boolean()
    .default(false)
    .describe(
      'Whether OpenMetrics has `_created` lines, which say when a counter or histogram began; Prometheus stores each as a series of its own.',
    ),
});

/** A configuration of `prometheus`, checked, with its defaults. */
export type Config = z.output<typeof config>;
