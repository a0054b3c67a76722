import { expect, test } from 'vitest';
import { eventOf, regardingOf } from './event.ts';
import { seriesMemory } from './series.ts';
import { podOf, stuck } from './testing/records.ts';

const event = eventOf({ ...stuck(), resource: 0 }, regardingOf(podOf('etl-7'), 'node-1'), 'node-1');

const remembering = () => {
  let lost = 0;
  const memory = seriesMemory(1000, (count) => (lost += count));
  return {
    memory,
    lost: () => lost,
    enter: (key: string, timeMs: number) => memory.enter(key, event, timeMs),
    counts: () => memory.due().map(({ key, count }) => `${key} ${count}`),
    tellAll: () => memory.due().forEach((series) => (series.told = series.count)),
  };
};

test('what comes again in time counts on, what comes later is new', () => {
  const { enter, counts, tellAll, lost } = remembering();
  for (const ms of [0, 1000, 2000]) enter('a', ms);
  expect(counts()).toEqual(['a 3']);
  tellAll();
  enter('a', 3001);
  expect(counts()).toEqual(['a 1']);
  expect(lost()).toBe(0);
});

test('a clock that was set back far begins anew', () => {
  const { enter, counts, tellAll } = remembering();
  enter('a', 10_000);
  tellAll();
  enter('a', 0);
  expect(counts()).toEqual(['a 1']);
});

test('due is what is not told in full, the one that came last at the end', () => {
  const { enter, counts, tellAll } = remembering();
  for (const key of ['a', 'b', 'a']) enter(key, 0);
  expect(counts()).toEqual(['b 1', 'a 2']);
  tellAll();
  expect(counts()).toEqual([]);
  enter('b', 1);
  expect(counts()).toEqual(['b 2']);
});

test('what ends untold is lost', () => {
  const { enter, lost, memory } = remembering();
  enter('a', 0);
  enter('a', 0);
  enter('a', 5000);
  expect(lost()).toBe(2);
  enter('b', 5000);
  expect(memory.endAll()).toBe(2);
  expect(memory.endAll()).toBe(0);
});

test('no more than 4096 are remembered: the one that came last longest ago ends', () => {
  const { enter, lost, memory } = remembering();
  for (let i = 0; i < 4096; i++) enter(`${i}`, 0);
  enter('0', 0);
  expect(lost()).toBe(0);
  enter('one more', 0);
  expect(lost()).toBe(1);
  expect(memory.due().map(({ key }) => key)).not.toContain('1');
  expect(memory.due()).toHaveLength(4096);
});

test('what is over and told is forgotten, and no more', () => {
  const { enter, tellAll, counts, memory } = remembering();
  enter('told', 0);
  tellAll();
  enter('untold', 0);
  memory.tidy(1000);
  enter('told', 1000);
  expect(counts()).toEqual(['untold 1', 'told 2']);
  tellAll();
  enter('untold', 1001);
  memory.tidy(60_000);
  enter('told', 1500);
  expect(counts()).toEqual(['untold 1', 'told 1']);
});
