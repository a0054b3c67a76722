import { Sources, type NfsBatch } from '@nfscope/model';
import { firstValueFrom, from, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { topContainer } from './top-container.js';

const sources = new Sources();
const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
for (const resource of [
  { 'k8s.pod.name': 'etl-7', 'k8s.container.name': 'loader' },
  { 'k8s.pod.name': 'web-1', 'k8s.container.name': 'nginx' },
  {},
]) {
  const { index } = sources.add({ id: 1, kind: 'cgroup', path: undefined }, client, 0);
  sources.change(index, { resource });
}

/** Of the rows that changed: row, source, bytes since the start. */
const batch = (...rows: readonly (readonly [row: number, source: number, bytes: number])[]): NfsBatch =>
  ({
    sources,
    totals: {
      length: rows.length,
      row: Uint32Array.from(rows, ([row]) => row),
      source: Uint32Array.from(rows, ([, source]) => source),
      bytes: Float64Array.from(rows, ([, , bytes]) => bytes),
    },
  }) as unknown as NfsBatch;

const lines = (...batches: readonly NfsBatch[]): Promise<string[]> => firstValueFrom(from(batches).pipe(topContainer(), toArray()));

test.each([
  ['nothing', [batch()], ['nothing moved']],
  ['rows of a container are added up', [batch([0, 0, 100], [1, 1, 150], [2, 0, 100])], ['etl-7/loader 200 bytes']],
  [
    'what counts is what came since',
    [batch([0, 0, 1000], [1, 1, 10]), batch([0, 0, 1001], [1, 1, 30])],
    ['etl-7/loader 1000 bytes', 'web-1/nginx 20 bytes'],
  ],
  ['a row without payload', [batch([0, 0, 0])], ['nothing moved']],
  ['who is in no pod', [batch([3, 2, 4096])], ['no pod/- 4096 bytes']],
])('%s', async (_, batches, expected) => {
  expect(await lines(...batches)).toEqual(expected);
});

test('two subscribers count by themselves', async () => {
  const output = from([batch([0, 0, 7])]).pipe(topContainer());
  expect([await firstValueFrom(output), await firstValueFrom(output)]).toEqual(['etl-7/loader 7 bytes', 'etl-7/loader 7 bytes']);
});
