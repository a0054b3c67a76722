import { describe, expect, test } from 'vitest';
import { config as schema } from './config.ts';
import type { PodFacts } from './facts.ts';
import { exclusionOf, filterOf, selectorsOf } from './pod-filter.ts';
import { podNamed } from './testing/naming.ts';

const filter = (given: object) => schema.parse({ filter: given }).filter;
const labelled = (...pairs: [string, string][]): PodFacts => podNamed('u', {}, { labels: new Map(pairs) });

test.each<[string, object, object]>([
  ['nothing', {}, { fieldSelector: 'spec.nodeName=node-1' }],
  [
    'fields',
    {
      fields: [
        { key: 'status.phase', value: 'Running' },
        { key: 'metadata.name', value: 'a,b=c\\', op: 'not-equals' },
      ],
    },
    { fieldSelector: 'spec.nodeName=node-1,status.phase=Running,metadata.name!=a\\,b\\=c\\\\' },
  ],
  [
    'labels',
    {
      labels: [
        { key: 'app', value: 'web' },
        { key: 'a.b/tier', value: 'db', op: 'not-equals' },
        { key: 'x', op: 'exists' },
        { key: 'y', op: 'does-not-exist' },
      ],
    },
    { fieldSelector: 'spec.nodeName=node-1', labelSelector: 'app=web,a.b/tier!=db,x,!y' },
  ],
])('what the API server is asked: %s', (_, given, expected) => {
  expect(selectorsOf(filter(given), 'node-1')).toEqual(expected);
});

describe('of those who tell everything', () => {
  test.each<[string, object, PodFacts, boolean]>([
    ['no filter', {}, podNamed('u'), true],
    ['its namespace', { namespace: 'media' }, podNamed('u'), true],
    ['another namespace', { namespace: 'shop' }, podNamed('u'), false],
    ['a label', { labels: [{ key: 'app', value: 'web' }] }, labelled(['app', 'web']), true],
    ['another value', { labels: [{ key: 'app', value: 'web' }] }, labelled(['app', 'db']), false],
    ['not that value', { labels: [{ key: 'app', value: 'web', op: 'not-equals' }] }, labelled(['app', 'db']), true],
    ['not that value, where there is none', { labels: [{ key: 'app', value: 'web', op: 'not-equals' }] }, labelled(), true],
    ['a label that is there', { labels: [{ key: 'app', op: 'exists' }] }, labelled(['app', '']), true],
    ['a label that is not', { labels: [{ key: 'app', op: 'exists' }] }, labelled(), false],
    ['no such label', { labels: [{ key: 'app', op: 'does-not-exist' }] }, labelled(), true],
    [
      'all of them',
      {
        labels: [
          { key: 'a', op: 'exists' },
          { key: 'b', op: 'exists' },
        ],
      },
      labelled(['a', '']),
      false,
    ],
    ['labels that the source cannot tell', { labels: [{ key: 'app', op: 'does-not-exist' }] }, podNamed('u'), false],
    ['its name', { fields: [{ key: 'metadata.name', value: 'writer-0' }] }, podNamed('u'), true],
    ['not its name', { fields: [{ key: 'metadata.name', value: 'writer-0', op: 'not-equals' }] }, podNamed('u'), false],
    ['a field that the source cannot tell', { fields: [{ key: 'status.phase', value: 'Failed', op: 'not-equals' }] }, podNamed('u'), false],
    ['a field that every object has', { fields: [{ key: 'constructor', value: '' }] }, podNamed('u'), false],
  ])('%s', (_, given, pod, expected) => {
    expect(filterOf(filter(given))(pod)).toBe(expected);
  });
});

test.each([
  ['jaeger-agent', true],
  ['my-jaeger-agent-x', true],
  ['web-0', false],
])('excluded: %s', (name, expected) => {
  expect(exclusionOf(schema.parse({ exclude: { pods: [{ name: 'nope' }, { name: 'jaeger-(agent|collector)' }] } }).exclude)(name)).toBe(
    expected,
  );
});
