import { describe, expect, test } from 'vitest';
import { GRACE_MS, lookupTable, MOST_GONE, MOST_RECORDS } from './lookup-table.ts';

interface Thing {
  readonly id: string;
  readonly names: readonly string[];
  readonly text: string;
}

const thing = (id: string, names: readonly string[] = [id], text = `text-of-${id}`): Thing => ({ id, names, text });
const set = (...things: Thing[]) => things.map((item) => ({ kind: 'set', item }) as const);
const remove = (...keys: string[]) => keys.map((key) => ({ kind: 'delete', key }) as const);

const tracked = () => {
  let nowMs = 0;
  const table = lookupTable<Thing, Thing>({
    key: ({ id }) => id,
    keep: (item) => (item.text === 'unwanted' ? undefined : item),
    names: ({ names }) => names,
    isSame: (one, other) => JSON.stringify(one) === JSON.stringify(other),
    now: () => nowMs,
  });
  const told: (readonly string[])[] = [];
  table.changed.subscribe((names) => told.push(names));
  const state = (name: string): string | undefined => {
    const found = table.find(name);
    return found && `${found.text} ${table.isGone(found) ? 'gone' : 'here'}`;
  };
  return { table, told, state, pass: (ms: number) => (nowMs += ms) };
};

test('found by every name it has', () => {
  const { table, state } = tracked();
  table.apply(set(thing('a', ['a1', 'a2']), thing('b')));
  expect(['a1', 'a2', 'b', 'a', 'c'].map(state)).toEqual(['text-of-a here', 'text-of-a here', 'text-of-b here', undefined, undefined]);
});

test('a change replaces what was known under the key, its names too', () => {
  const { table, state, told } = tracked();
  table.apply(set(thing('a', ['a1', 'a2'])));
  table.apply(set(thing('a', ['a2', 'a3'], 'new')));
  expect(['a1', 'a2', 'a3'].map(state)).toEqual([undefined, 'new here', 'new here']);
  expect(told).toEqual([
    ['a1', 'a2'],
    ['a1', 'a2', 'a3'],
  ]);
});

test('a name that went over to another thing stays there when the first goes', () => {
  const { table, state, pass } = tracked();
  table.apply([...set(thing('a', ['web'])), ...set(thing('b', ['web'])), ...remove('a')]);
  pass(GRACE_MS);
  table.sweep();
  expect(state('web')).toBe('text-of-b here');
});

describe('what is deleted', () => {
  test('is found for the time of grace, and forgotten then with its names', () => {
    const { table, state, pass } = tracked();
    table.apply(set(thing('a', ['a1', 'a2']), thing('b')));
    table.apply(remove('a'));
    pass(GRACE_MS - 1);
    table.sweep();
    expect(state('a1')).toBe('text-of-a gone');
    pass(1);
    table.sweep();
    expect(['a1', 'a2', 'b'].map(state)).toEqual([undefined, undefined, 'text-of-b here']);
  });

  test('and comes back is here', () => {
    const { table, state, pass } = tracked();
    table.apply([...set(thing('a')), ...remove('a'), ...set(thing('a'))]);
    pass(GRACE_MS);
    table.sweep();
    expect(state('a')).toBe('text-of-a here');
  });

  test('is not found beyond the most that may be gone', () => {
    const { table, state } = tracked();
    const all = Array.from({ length: MOST_GONE + 2 }, (_, i) => thing(`p${i}`));
    table.apply(set(...all));
    table.apply(remove(...all.map(({ id }) => id)));
    expect([MOST_GONE + 1, 2, 1, 0].map((i) => state(`p${i}`)?.split(' ')[1])).toEqual(['gone', 'gone', undefined, undefined]);
  });

  test('twice, or was never there, tells nobody', () => {
    const { table, told } = tracked();
    table.apply([...remove('z'), ...set(thing('a')), ...remove('a')]);
    table.apply(remove('a', 'z'));
    expect(told).toEqual([['a']]);
  });
});

test('of more than it has room for the one not heard of for longest is forgotten', () => {
  const { table, state } = tracked();
  table.apply(set(...Array.from({ length: MOST_RECORDS }, (_, i) => thing(`p${i}`))));
  table.apply(set(thing('p0', ['p0'], 'again'), thing('new')));
  expect([state('p0'), state('p1'), state('p2'), state('new')]).toEqual(['again here', undefined, 'text-of-p2 here', 'text-of-new here']);
  expect(table.counts.size).toBe(MOST_RECORDS);
});

describe('a list', () => {
  test('what is not in it is gone, what is in it is here', () => {
    const { table, state } = tracked();
    table.replace([thing('a'), thing('b')]);
    table.replace([thing('a'), thing('c')]);
    expect(['a', 'b', 'c'].map((name) => state(name)?.split(' ')[1])).toEqual(['here', 'gone', 'here']);
    table.replace([thing('b')]);
    expect(['a', 'b', 'c'].map((name) => state(name)?.split(' ')[1])).toEqual(['gone', 'here', 'gone']);
  });

  test('that says the same tells nobody', () => {
    const { table, told } = tracked();
    table.replace([thing('a')]);
    table.replace([thing('a')]);
    expect(told).toEqual([['a']]);
  });
});

test('what is no longer wanted is gone', () => {
  const { table, state } = tracked();
  table.apply(set(thing('a'), thing('b', ['b'], 'unwanted')));
  table.apply(set(thing('a', ['a'], 'unwanted')));
  expect([state('a'), state('b')]).toEqual(['text-of-a gone', undefined]);
});

test('it counts', () => {
  const { table, pass } = tracked();
  table.replace([thing('a'), thing('b')]);
  pass(5);
  table.replace([thing('a', ['a'], 'new'), thing('c')]);
  table.apply([...set(thing('a', ['a'], 'new')), ...remove('c', 'c'), ...set(thing('c'))]);
  expect(table.counts).toEqual({ size: 2, added: 4, updated: 1, deleted: 2, lists: 2, listedMs: 5 });
});
