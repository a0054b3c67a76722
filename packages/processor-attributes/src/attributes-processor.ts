import { sourceViews, type Attributes, type LogsBatch, type MetricsBatch, type NfsBatch, type TracesBatch } from '@nfscope/model';
import { map, type MonoTypeOperatorFunction } from 'rxjs';
import { attributeActions } from './actions.ts';
import type { Action } from './config.ts';
import { joinMetrics } from './joined-metrics.ts';
import { oneObject } from './one-object.ts';

/** Which attributes the actions are for: of sources, points, spans and records, or of their resources. */
export type Target = 'attributes' | 'resource';

const asIs = (set: Attributes): Attributes => set;

/** On operations: what their sources are called changes, also when that comes later or is said by a processor behind. */
export const changeSources = (target: Target, actions: readonly Action[]): MonoTypeOperatorFunction<NfsBatch> => {
  const change = oneObject(attributeActions(actions));
  const views = sourceViews((source) => ({ [target]: change(source[target]) }));
  return map((batch) => ({ ...batch, sources: views(batch.sources) }));
};

/** On snapshots of metrics: points that become the same are one, with exact sums. */
export const changeMetrics = (target: Target, actions: readonly Action[]): MonoTypeOperatorFunction<MetricsBatch> => {
  const [changed, same] = [oneObject(attributeActions(actions)), oneObject(asIs)];
  const [attributes, resource] = target === 'attributes' ? [changed, same] : [same, changed];
  return map(joinMetrics(attributes, resource));
};

/** On spans. */
export const changeSpans = (target: Target, actions: readonly Action[]): MonoTypeOperatorFunction<TracesBatch> => {
  const act = attributeActions(actions);
  if (target === 'resource') return changeResources(act);
  return map((batch) => ({ ...batch, spans: batch.spans.map((span) => ({ ...span, attributes: act(span.attributes) })) }));
};

/** On log records. */
export const changeRecords = (target: Target, actions: readonly Action[]): MonoTypeOperatorFunction<LogsBatch> => {
  const act = attributeActions(actions);
  if (target === 'resource') return changeResources(act);
  return map((batch) => ({ ...batch, records: batch.records.map((record) => ({ ...record, attributes: act(record.attributes) })) }));
};

const changeResources = <B extends { readonly resources: readonly Attributes[] }>(act: (set: Attributes) => Attributes) => {
  const change = oneObject(act);
  return map((batch: B): B => ({ ...batch, resources: batch.resources.map(change) }));
};
