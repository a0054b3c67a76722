// What hangs on a source, a resource or a data point.
export { noAttributes, type AttributeValue, type Attributes } from './attributes.ts';
// Who does I/O, through which rpc client.
export { Sources, type Cgroup, type Mount, type RpcClient, type Source, type SourceChange, type Superblock } from './sources.ts';
// The same as a processor shows it to those after it.
export { sourceViews, type SourceProjection } from './source-view.ts';
// Which process and which file an event is about.
export { noFiles, noProcesses, pathOf, processOf, type Files, type Process, type Processes } from './processes.ts';
// What a receiver sends down a pipeline.
export type { Bounds, EventColumns, InflightColumns, Lost, NfsBatch, Operation, ProgramState, TotalsColumns } from './batch.ts';
// What the kernel itself counts, beside it.
export type { Connection, CoverageReason, MountCoverage, Mountstats } from './mountstats.ts';
// How mounts fare by it.
export { mountConditions, trackMountHealth, type HealthLimits, type MountHealth } from './mount-health.ts';
// What components tell of themselves.
export type { OwnNumber } from './own-number.ts';
// What a connector makes of it and an exporter sends out.
export type {
  CounterMetric,
  GaugeMetric,
  HistogramMetric,
  HistogramPoints,
  Metric,
  MetricsBatch,
  NumberPoints,
  Points,
} from './metrics.ts';
// Which single operations its numbers come from.
export { addExemplar, bucketOf, type Exemplar, type Exemplars } from './exemplars.ts';
export type { SampledOperation, SampledOperations } from './sampled-operations.ts';
export type { Span, SpanEvent, TracesBatch } from './traces.ts';
export type { LogRecord, LogsBatch, Severity } from './logs.ts';
// What those ask of a batch who only pass it on.
export { signals, type Passing } from './signals.ts';
// The layouts of the kernel side.
export {
  layoutHash,
  mapSizes,
  nfsCgroup,
  nfsCharge,
  nfsHierarchy,
  nfsClient,
  nfsEnvironment,
  nfsEvent,
  nfsEventsMode,
  nfsExit,
  nfsFile,
  nfsIdentity,
  nfsKind,
  nfsLoss,
  nfsMount,
  nfsProcess,
  nfsSuperblock,
  nfsTask,
  nfsTenure,
  nfsTotals,
  nfsVfs,
  nfsWalk,
} from './layout.gen.ts';
