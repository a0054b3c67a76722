import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { noPrometheus } from '@nfscope/test-prometheus';
import { beforeAll, describe, expect, test } from 'vitest';
import { dashboards } from './files.ts';
import { pictures } from './testing/pictures.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const names = Object.keys(dashboards).map((name) => name.replace('.json', '.svg'));

describe.skipIf(noPrometheus !== undefined)(`pictures of dashboards${noPrometheus === undefined ? '' : `: ${noPrometheus}`}`, () => {
  let drawn: ReadonlyMap<string, string>;
  beforeAll(async () => {
    if (noPrometheus === undefined) drawn = await pictures();
  }, 60_000);

  test.each(names)('%s is what Prometheus answers now; if not, run `npm run pictures`', (name) => {
    const path = `docs/dashboards/${name}`;
    // Not the whole text where they differ: nobody reads that.
    const committed = existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`, 'utf8') : '';
    expect(
      drawn
        .get(path)!
        .split('\n')
        .filter((line, i) => line !== committed.split('\n')[i])
        .map((line) => line.slice(0, 200)),
    ).toEqual([]);
  });
  test.each(names)('%s has something in each panel, and is no load to look at', (name) => {
    const text = drawn.get(`docs/dashboards/${name}`)!;
    expect(text).not.toContain('No data');
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(text.length).toBeLessThan(150_000);
  });
});
