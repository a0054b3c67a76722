import { expect, test } from 'vitest';
import { Sources, type RpcClient } from './sources.ts';
import { sourceViews } from './source-view.ts';

const client: RpcClient = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
const cgroup = { id: 7, kind: 'cgroup', path: '/pod' } as const;

/** A table of one source and a view of it that doubles `a` and hides `secret`. */
const scene = () => {
  const table = new Sources();
  table.add(cgroup, client, 0);
  const asked: number[] = [];
  const views = sourceViews(({ index, attributes: { a, secret: _, ...rest } }) => {
    asked.push(index);
    return { attributes: { ...rest, ...(typeof a === 'number' ? { a: a * 2 } : {}) } };
  });
  return { table, views, view: views(table), asked };
};

test('a view shows what it makes of each source, and the table stays as it is', () => {
  const { table, view } = scene();
  table.change(0, { attributes: { a: 1, secret: 'x' }, resource: { r: 1 } });
  expect(view.at(0)).toMatchObject({ attributes: { a: 2 }, resource: { r: 1 }, cgroup, index: 0 });
  expect(table.at(0).attributes).toEqual({ a: 1, secret: 'x' });
});

test('a source is looked at again when it changed, and only then', () => {
  const { table, view, asked } = scene();
  table.change(0, { attributes: { a: 1 } });
  const before = view.at(0);
  expect([view.at(0), ...view.all()]).toEqual([before, before]);
  expect(view.all()[0]).toBe(before);
  expect(asked).toEqual([0]);
  table.change(0, { attributes: { a: 3 } });
  expect(view.at(0).attributes).toEqual({ a: 6 });
  expect(view.at(0).revision).toBeGreaterThan(before.revision);
  expect(asked).toEqual([0, 0]);
});

test('what is said through the view is seen through it, once, and in the table as it was said', () => {
  const { table, view } = scene();
  expect(view.change(0, { attributes: { a: 1, secret: 'x' }, waiting: ['k8s_attributes', true] }).attributes).toEqual({ a: 2 });
  expect(view.change(0, { attributes: { b: 5 } }).attributes).toEqual({ a: 2, b: 5 });
  expect(table.at(0)).toMatchObject({ attributes: { a: 1, b: 5, secret: 'x' }, waiting: new Set(['k8s_attributes']) });
});

test('sources that come later are in both', () => {
  const { table, view } = scene();
  expect([table.add(cgroup, client, 1).index, view.add(cgroup, client, 2).index, view.length, table.length]).toEqual([1, 2, 3, 3]);
  expect(view.all().map(({ firstSeenMs }) => firstSeenMs)).toEqual([0, 1, 2]);
  expect(() => view.at(3)).toThrow('no source 3, there are 3');
});

test('a table has one view, and two tables have two', () => {
  const { table, views, view } = scene();
  expect(views(table)).toBe(view);
  expect(views(new Sources())).not.toBe(view);
});

test('a view of a view comes after it', () => {
  const { table, view } = scene();
  const named = sourceViews(({ attributes }) => ({ attributes: { ...attributes, seen: attributes.a ?? 'nothing' } }))(view);
  table.change(0, { attributes: { a: 1 } });
  expect(named.at(0).attributes).toEqual({ a: 2, seen: 2 });
});

test('what was sampled of the operations is one list, whoever asks', () => {
  const { table, view } = scene();
  view.sampled.add({ source: 0, operation: 1, error: 0, exemplar: { bucket: 2, value: 1, timeMs: 3, traceId: 'a', spanId: 'b' } });
  expect([...table.sampled.all()].map(({ operation }) => operation)).toEqual([1]);
});
