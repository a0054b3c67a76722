import type { Attributes } from '@nfscope/model';
import { noPrometheus } from '@nfscope/test-prometheus';
import { beforeAll, describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { negotiateFormat } from '../format.ts';
import { namesOf, type Names } from '@nfscope/model/prometheus';
import { pagesOf } from '../pages.ts';
import { checkMetrics } from '../testing/check-metrics.ts';
import { parsePage } from '../testing/parse-page.ts';
import { batchOf, gauge } from '../testing/snapshots.ts';

const SETS = 100_000;

/** Numbers from 0 to below 1, the same in every run (mulberry32). */
const numbers = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const random = numbers(20);
const below = (end: number): number => Math.floor(random() * end);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

/** Where text breaks: syntax of pages, controls, what is not one code unit, and what is no character at all. */
const pieces = [
  '\\',
  '"',
  '\n',
  '\r\n',
  '\0',
  '\x1b[2J',
  '{',
  '}',
  ',',
  '=',
  '# EOF',
  '# TYPE a counter',
  ' ',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ufffe',
];
const character = (): string => {
  const kind = random();
  if (kind < 0.3) return pick(pieces);
  if (kind < 0.6) return String.fromCharCode(below(0x80));
  if (kind < 0.8) return String.fromCharCode(below(0x10000));
  return String.fromCodePoint(below(0x110000));
};
const text = (): string => Array.from({ length: below(6) }, character).join('');

/** Names that come out alike, names that are reserved, and any text. */
const names = ['a.b', 'a_b', 'a-b', 'a..b', 'A.b', 'le', '__name__', '', '_', '9', '__', 'job', 'größe', 'grö.e', 'id.'];
const name = (): string => (random() < 0.7 ? pick(names) : text());
const value = () => pick([text, text, () => below(10), () => random() < 0.5, () => [text(), text()]])();

const sets: readonly Attributes[] = Array.from({ length: SETS }, (_, id) => {
  const attributes = Object.fromEntries(Array.from({ length: below(5) }, () => [name(), value()]));
  // No two sets are the same series.
  return { ...attributes, id };
});

/** What a text is in UTF-8, which has no lone surrogates. */
const inUtf8 = (given: string): string => Buffer.from(given).toString();
const shown = (given: Attributes[string]): string => inUtf8(typeof given === 'object' ? JSON.stringify(given) : String(given));

const pageOf = async (accept: string, raw: object): Promise<string> => {
  const series = sets.map((attributes) => ({ attributes }));
  const batch = batchOf(series, [gauge(series, [...sets.keys()])]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of pagesOf(config.parse(raw), () => {})([batch], negotiateFormat(accept))) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString();
};

/** The sets that do not come back as they were: each value under the name of its attribute, joined where names are the same. */
const wrongSets = (page: string, format: 'text' | 'openmetrics', { label }: Names): unknown[] => {
  const { samples } = parsePage(page, format);
  expect(samples).toHaveLength(SETS);
  return samples.flatMap(({ labels, value: id }) => {
    const attributes = sets[Number(id)]!;
    const expected: Record<string, string> = Object.create(null);
    for (const key of Object.keys(attributes).sort()) {
      const before = expected[label(key)];
      expected[label(key)] = (before === undefined ? '' : `${before};`) + shown(attributes[key]!);
    }
    const given = Object.entries(expected).filter(([, one]) => one !== '');
    const found = new Map(labels);
    return given.length === found.size && given.every(([key, one]) => found.get(key) === one) ? [] : [{ attributes, labels }];
  });
};

describe(`${SETS} generated sets of attributes`, { timeout: 60_000 }, () => {
  let page: string;
  beforeAll(async () => {
    page = await pageOf('', {});
  }, 60_000);

  test('come back as they were', () => {
    expect(wrongSets(page, 'text', namesOf('UnderscoreEscapingWithSuffixes', false))).toEqual([]);
  });

  test('come back as they were in OpenMetrics with names of any Unicode', async () => {
    const raw = { translation_strategy: 'NoTranslation' };
    const text = await pageOf('application/openmetrics-text;escaping=allow-utf-8', raw);
    expect(wrongSets(text, 'openmetrics', namesOf('NoTranslation', true))).toEqual([]);
  });

  test('pass promtool', ({ skip }) => {
    if (noPrometheus !== undefined) return skip(noPrometheus);
    // How the names are spelt is those people's choice who gave them.
    const said = checkMetrics(page)
      .split('\n')
      .filter((line) => !line.includes("'snake_case' not 'camelCase'"));
    expect([...new Set(said)].join('\n')).toBe('');
    expect(checkMetrics(`${page}test_value{a="1",a="2"} 1\n`)).toContain('duplicate label names');
  });
});
