import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { dashboards } from './files.ts';
import { pictures } from './testing/pictures.ts';
import { missing } from './testing/prometheus.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const names = Object.keys(dashboards).map((name) => name.replace('.json', '.svg'));
const reason = missing();

const NUMBER = /\d+(?:\.\d+)?/g;
/** Prometheus adds up floats in the order of a map: a point may come out a tenth of a pixel beside, and 786.5 as 786 or 787. */
const looksLike = (one: string, other: string): boolean => {
  if (one.replaceAll(NUMBER, '0') !== other.replaceAll(NUMBER, '0')) return false;
  const numbers = other.match(NUMBER) ?? [];
  return (one.match(NUMBER) ?? []).every((text, i) => Math.abs(Number(text) - Number(numbers[i])) < Math.max(0.15, Number(text) / 500));
};

describe.skipIf(reason !== undefined)(`pictures of dashboards${reason === undefined ? '' : `: ${reason}`}`, () => {
  let drawn: ReadonlyMap<string, string>;
  beforeAll(async () => {
    if (reason === undefined) drawn = await pictures();
  }, 60_000);

  test.each(names)('%s is what Prometheus answers now; if not, run `npm run pictures`', (name) => {
    const path = `docs/dashboards/${name}`;
    const committed = existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`, 'utf8').split('\n') : [];
    const different = drawn
      .get(path)!
      .split('\n')
      .filter((line, i) => !looksLike(line, committed[i] ?? ''));
    // Not the whole text where they differ: nobody reads that.
    expect(different.map((line) => line.slice(0, 200))).toEqual([]);
  });
  test.each(names)('%s has something in each panel, and is no load to look at', (name) => {
    const text = drawn.get(`docs/dashboards/${name}`)!;
    expect(text).not.toContain('No data');
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(text.length).toBeLessThan(150_000);
  });
});
