import { defineProcessor } from '@nfscope/pipeline';
import { config } from './config.ts';
import { memoryLimiter, shedEvents, shedNothing } from './memory-limiter.ts';

/** `memory_limiter`, for a list of components. */
export const factory = defineProcessor({
  type: 'memory_limiter',
  description: 'Drops events, then holds the receivers before it, while memory is short; totals stay exact.',
  config,
  signals: {
    nfs: { stability: 'development', create: (settings, context) => memoryLimiter(settings, context, shedEvents) },
    metrics: { stability: 'development', create: (settings, context) => memoryLimiter(settings, context, shedNothing) },
    traces: { stability: 'development', create: (settings, context) => memoryLimiter(settings, context, shedNothing) },
    logs: { stability: 'development', create: (settings, context) => memoryLimiter(settings, context, shedNothing) },
  },
});
