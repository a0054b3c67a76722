import { noAttributes, type Attributes, type Metric, type NfsBatch, type Source, type Sources } from '@nfscope/model';
import { attribute, metric, rpcProgram } from '@nfscope/semconv';
import type { Rows } from './rows.ts';
import { pointList, type Supplement } from './supplement.ts';

const quantities = ['operations', 'bytes', 'server_time'] as const;

/** Who a pod belongs to: the first that is known. */
const workloads = [
  ['cronjob', attribute.K8S_CRONJOB_NAME],
  ['job', attribute.K8S_JOB_NAME],
  ['deployment', attribute.K8S_DEPLOYMENT_NAME],
  ['replicaset', attribute.K8S_REPLICASET_NAME],
  ['statefulset', attribute.K8S_STATEFULSET_NAME],
  ['daemonset', attribute.K8S_DAEMONSET_NAME],
  ['pod', attribute.K8S_POD_NAME],
] as const;

const UNKNOWN: Attributes = Object.freeze({ [attribute.NFS_IO_WORKLOAD]: 'unknown' });
const SYSTEM: Attributes = Object.freeze({ [attribute.NFS_IO_WORKLOAD]: 'system' });

const workloadOf = ({ cgroup, resource }: Source): Attributes => {
  if (cgroup.kind === 'system') return SYSTEM;
  const found = workloads.find(([, name]) => resource[name] !== undefined);
  const namespace = resource[attribute.K8S_NAMESPACE_NAME];
  if (found === undefined || namespace === undefined) return UNKNOWN;
  return { [attribute.K8S_NAMESPACE_NAME]: namespace, [attribute.NFS_IO_WORKLOAD]: `${found[0]}/${String(resource[found[1]])}` };
};

const exportOf = ({ attributes }: Source): Attributes =>
  Object.fromEntries(
    [attribute.SERVER_ADDRESS, attribute.NFS_EXPORT_PATH].flatMap((name) =>
      attributes[name] === undefined ? [] : [[name, attributes[name]]],
    ),
  );

/** What one workload did on one export, by quantity. */
interface Part {
  readonly of: Attributes;
  readonly by: Attributes;
  readonly amounts: Float64Array;
}

/** Which part of an export's work each workload caused, of what ended in the last half to whole of `windowMs`; nothing while no workload is known. */
export const ioShares = (rows: Rows, sources: Sources, windowMs: number): Supplement => {
  let operations: NfsBatch['operations'] = [];
  let startMs = 0;
  /** Amounts of each source at the ends of two periods. */
  let from: Float64Array | undefined;
  let middle: Float64Array = new Float64Array(0);
  let middleMs = 0;
  /** One object for as long as its series is there. */
  let shown = new Map<string, Attributes>();

  const amounts = (): Float64Array => {
    const sums = new Float64Array(sources.length * quantities.length);
    for (let row = 0; row < rows.length; row++) {
      if (rows.present[row] === 0) continue;
      const done = operations[rows.operation[row]!]!;
      const { kind, program } = done;
      if (kind === 'vfs' || program !== rpcProgram.nfs) continue;
      if (sources.at(rows.source[row]!).leavesOut?.(done, rows.error[row])) continue;
      const at = rows.source[row]! * quantities.length;
      sums[at]! += rows.count[row]!;
      if (rows.error[row] === 0 && (kind === 'read' || kind === 'write')) sums[at + 1]! += rows.bytes[row]!;
      sums[at + 2]! += rows.rttSum[row]!;
    }
    return sums;
  };

  const partsOf = (began: Float64Array, isShown: (source: number) => boolean): Map<string, Part[]> => {
    const now = amounts();
    const exports = new Map<string, Map<string, Part>>();
    for (const source of sources.all()) {
      const at = source.index * quantities.length;
      if (!(now[at]! > (began[at] ?? 0)) || !isShown(source.index)) continue;
      const [of, by] = [exportOf(source), workloadOf(source)];
      const key = JSON.stringify(of);
      let parts = exports.get(key);
      if (parts === undefined) exports.set(key, (parts = new Map()));
      const name = JSON.stringify(by);
      let part = parts.get(name);
      if (part === undefined) parts.set(name, (part = { of, by, amounts: new Float64Array(quantities.length) }));
      for (let i = 0; i < quantities.length; i++) part.amounts[i]! += now[at + i]! - (began[at + i] ?? 0);
    }
    return new Map([...exports].map(([key, parts]) => [key, [...parts.values()]]));
  };

  return {
    take(batch) {
      ({ operations, startMs } = batch);
      // Totals that were there before are of nobody knows when.
      if (from === undefined) [from, middle, middleMs] = [amounts(), amounts(), batch.timeMs];
      // Both ways, since the clock may be set back.
      if (Math.abs(batch.timeMs - middleMs) < windowMs / 2) return;
      [from, middle, middleMs] = [middle, amounts(), batch.timeMs];
    },
    metrics(page): Metric[] {
      if (from === undefined) return [];
      const exports = partsOf(from, (source) => !page.isHeld(source));
      const list = pointList();
      const now = new Map<string, Attributes>();
      const isNamed = ({ by }: Part): boolean => by !== UNKNOWN && by !== SYSTEM;
      if (![...exports.values()].some((parts) => parts.some(isNamed))) return [];
      const resource = page.resource(noAttributes);
      for (const parts of exports.values()) {
        for (const [i, quantity] of quantities.entries()) {
          const all = parts.reduce((sum, part) => sum + part.amounts[i]!, 0);
          if (!(all > 0)) continue;
          for (const { of, by, amounts: own } of parts) {
            const text = JSON.stringify([of, by, quantity]);
            const attributes = shown.get(text) ?? Object.freeze({ ...of, ...by, [attribute.NFS_IO_SHARE_OF]: quantity });
            now.set(text, attributes);
            list.add(resource, attributes, startMs, own[i]! / all);
          }
        }
      }
      shown = now;
      return [{ ...metric.IO_SHARE, points: list.points() }];
    },
  };
};
