import { defineProcessor } from '@nfscope/pipeline';
import { ownMetric } from '@nfscope/semconv';
import { config } from './config.ts';
import { filterNfs, filterProcessor } from './filter-processor.ts';
import { filterMetrics, filterRecords, filterSpans } from './filters.ts';

/** The processor `filter`, for a list of components. */
export const factory = defineProcessor({
  type: 'filter',
  description: 'Leaves out operations, points, spans and log records by name and attributes.',
  config,
  signals: {
    nfs: { stability: 'development', create: filterNfs },
    metrics: {
      stability: 'development',
      create: (given, context) => filterProcessor(context, ownMetric.FILTER_POINTS, filterMetrics(given)),
    },
    traces: {
      stability: 'development',
      create: (given, context) => filterProcessor(context, ownMetric.FILTER_SPANS, filterSpans(given), ({ spans }) => spans.length === 0),
    },
    logs: {
      stability: 'development',
      create: (given, context) =>
        filterProcessor(context, ownMetric.FILTER_LOG_RECORDS, filterRecords(given), ({ records }) => records.length === 0),
    },
  },
});
