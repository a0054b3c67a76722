import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { debugExporter } from './debug-exporter.ts';
import { logsLines } from './logs-lines.ts';
import { metricsLines } from './metrics-lines.ts';
import { nfsLines } from './nfs-lines.ts';
import { tracesLines } from './traces-lines.ts';

/** The exporter `debug`, for a list of components. */
export const factory = defineExporter({
  type: 'debug',
  description: 'Prints what flows through a pipeline to standard output.',
  config,
  signals: {
    nfs: { stability: 'beta', create: ({ verbosity }) => debugExporter((batch) => nfsLines(batch, verbosity)) },
    metrics: { stability: 'beta', create: ({ verbosity }) => debugExporter((batch) => metricsLines(batch, verbosity)) },
    traces: { stability: 'beta', create: ({ verbosity }) => debugExporter((batch) => tracesLines(batch, verbosity)) },
    logs: { stability: 'beta', create: ({ verbosity }) => debugExporter((batch) => logsLines(batch, verbosity)) },
  },
});
