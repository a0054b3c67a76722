import type { ProcessorFactory } from '@nfscope/pipeline';
import { changeMetrics, changeRecords, changeSources, changeSpans, type Target } from './attributes-processor.ts';
import type { Action } from './config.ts';

/** What both factories make for each signal. */
export const signalsOf = <C>(target: Target, actionsOf: (config: C) => readonly Action[]): ProcessorFactory<C>['signals'] => ({
  nfs: { stability: 'development', create: (given) => ({ process: changeSources(target, actionsOf(given)) }) },
  metrics: { stability: 'development', create: (given) => ({ process: changeMetrics(target, actionsOf(given)) }) },
  traces: { stability: 'development', create: (given) => ({ process: changeSpans(target, actionsOf(given)) }) },
  logs: { stability: 'development', create: (given) => ({ process: changeRecords(target, actionsOf(given)) }) },
});
