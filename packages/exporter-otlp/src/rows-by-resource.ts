/** Rows by their resource, in their order: those of resource r are `rows[starts[r]]` to before `rows[starts[r + 1]]`. */
export interface RowsByResource {
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

/** Sorts rows by the resource each has, without those that `leaveOut` says. */
export const rowsByResource = (
  resource: ArrayLike<number>,
  length: number,
  resources: number,
  leaveOut?: (row: number) => boolean,
): RowsByResource => {
  const starts = new Uint32Array(resources + 1);
  const kept = new Uint32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (leaveOut?.(row) === true) continue;
    kept[count++] = row;
    starts[resource[row]! + 1]!++;
  }
  for (let index = 0; index < resources; index++) starts[index + 1]! += starts[index]!;
  const next = starts.slice();
  const rows = new Uint32Array(count);
  for (let index = 0; index < count; index++) rows[next[resource[kept[index]!]!]!++] = kept[index]!;
  return { starts, rows };
};
