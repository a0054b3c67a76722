// The one place for names.
export { attribute, k8sText, ownAttributes, type AttributeName } from './attributes.ts';
export { metric, type MetricDefinition } from './metrics.ts';
export { ownMetric } from './own-metrics.ts';
export { logEvent, spanEvent, type EventDefinition } from './events.ts';
// What a failed operation is called.
export { errorName, errorNames, OTHER_ERROR } from './errors.ts';
// What an RPC is called.
export {
  isProcedure,
  operationAttributes,
  procedureName,
  programName,
  rpcProgram,
  rpcPrograms,
  type RpcProgramName,
} from './procedures.ts';
// Default bucket bounds.
export { DURATION_BOUNDS, SIZE_BOUNDS } from './buckets.ts';
