import { noAttributes, type Attributes, type Operation, type Points } from '@nfscope/model';
import type { Placement } from './placement.ts';
import type { Rows } from './rows.ts';
import type { OperationSeries, Series } from './series.ts';

/** The points of one metric: what they are, and which rows each adds up. */
export interface Family<S extends Series = Series> {
  readonly points: Points;
  readonly series: readonly S[];
  /** By row: the point it is added to, or -1. */
  readonly point: Int32Array;
}

/** Stands until a series comes or goes, and is shared by all snapshots of that time. */
export interface Layout {
  readonly resources: readonly Attributes[];
  /** Every operation and error; like all that follow, without the calls of applications. */
  readonly duration: Family;
  /** Those whose rtt and queue have buckets. */
  readonly detailed: Family;
  /** Those whose rtt and queue have only sum and count: what overflowed too, since it has operations of both kinds. */
  readonly brief: Family;
  /** Every operation, over its errors. */
  readonly operation: Family<OperationSeries>;
  /** Successful reads and writes. */
  readonly payload: Family;
  /** Reads and writes past the page cache. */
  readonly direct: Family;
  /** Calls of applications, with their errors. */
  readonly calls: Family;
  /** The same over their errors. */
  readonly called: Family;
  /** The points of `operation` once for each direction: all sent, then all received. */
  readonly wire: Points;
  /** Points without attributes of a source. */
  readonly lost: Points;
}

/** Numbers the families of all layouts. */
let families = 0;

/** `lost`: the attributes of its points. */
export const layOut = (
  rows: Rows,
  placement: Placement,
  operations: readonly Operation[],
  startMs: number,
  lost: readonly Attributes[],
): Layout => {
  const resources: Attributes[] = [];
  const indexOf = new Map<Attributes, number>();
  const resourceIndex = (resource: Attributes): number => {
    let index = indexOf.get(resource);
    if (index === undefined) indexOf.set(resource, (index = resources.push(resource) - 1));
    return index;
  };
  const points = (series: readonly Pick<Series, 'resource'>[], attributes: readonly Attributes[]): Points => {
    const resource = new Uint32Array(series.length);
    for (let i = 0; i < series.length; i++) resource[i] = resourceIndex(series[i]!.resource);
    return { length: series.length, resource, attributes, startMs: new Float64Array(series.length).fill(startMs) };
  };
  const family = <S extends Series>(of: (row: number) => S | undefined): Family<S> => {
    const mark = ++families;
    const series: S[] = [];
    const attributes: Attributes[] = [];
    const point = new Int32Array(rows.length).fill(-1);
    for (let row = 0; row < rows.length; row++) {
      const member = of(row);
      if (member === undefined) continue;
      if (member.family !== mark) {
        member.family = mark;
        member.point = series.push(member) - 1;
        attributes.push(member.attributes);
      }
      point[row] = member.point;
    }
    return { series, point, points: points(series, attributes) };
  };
  const of = (row: number): Operation => operations[rows.operation[row]!]!;
  const kind = (row: number): Operation['kind'] => of(row).kind;
  const isPayload = (row: number): boolean => kind(row) === 'read' || kind(row) === 'write';
  const isBrief = (row: number): boolean => kind(row) === 'other' || (kind(row) !== 'vfs' && placement.folded.has(row));

  const operation = family((row) => (kind(row) === 'vfs' ? undefined : placement.operation[row]));
  return {
    resources,
    operation,
    duration: family((row) => (kind(row) === 'vfs' ? undefined : placement.failure[row])),
    detailed: family((row) => (kind(row) !== 'vfs' && !isBrief(row) ? placement.failure[row] : undefined)),
    brief: family((row) => (isBrief(row) ? placement.failure[row] : undefined)),
    payload: family((row) => (rows.error[row] === 0 && isPayload(row) ? placement.operation[row] : undefined)),
    direct: family((row) => (of(row).direct === true ? placement.operation[row] : undefined)),
    calls: family((row) => (kind(row) === 'vfs' ? placement.failure[row] : undefined)),
    called: family((row) => (kind(row) === 'vfs' ? placement.operation[row] : undefined)),
    wire: points(
      [...operation.series, ...operation.series],
      [...operation.series.map(({ transmit }) => transmit), ...operation.series.map(({ receive }) => receive)],
    ),
    lost: points(
      lost.map((attributes) => ({ resource: noAttributes, attributes })),
      lost,
    ),
  };
};
