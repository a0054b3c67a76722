import { describe, expect, test } from 'vitest';
import { textRule } from './config.ts';
import { textRules } from './text-rules.ts';

const labels = new Map([
  ['app', 'web'],
  ['app.kubernetes.io/name', 'shop'],
  ['app.kubernetes.io/part-of', 'store'],
  ['__proto__', 'x'],
  ['constructor', 'y'],
  ['empty', ''],
]);

const taken = (rule: object, texts = labels) => {
  const found = new Map<string, string>();
  textRules([textRule.parse(rule)], 'pod', 'label')(texts, found);
  return [...found];
};

test.each<[string, object, [string, string][]]>([
  ['a key', { key: 'app' }, [['k8s.pod.label.app', 'web']]],
  ['a key with a name of its own', { key: 'app', tag_name: 'team.app' }, [['team.app', 'web']]],
  ['a key that is not there', { key: 'nope' }, []],
  ['a key that every object has', { key: 'toString' }, []],
  ['an empty value', { key: 'empty' }, [['k8s.pod.label.empty', '']]],
  ['another object’s', { key: 'app', from: 'node' }, []],
  [
    'an expression',
    { key_regex: 'app\\.kubernetes\\.io/.*' },
    [
      ['k8s.pod.label.app.kubernetes.io/name', 'shop'],
      ['k8s.pod.label.app.kubernetes.io/part-of', 'store'],
    ],
  ],
  ['an expression for the whole key', { key_regex: 'ap' }, []],
  ['alternatives, for the whole key', { key_regex: 'ap|app' }, [['k8s.pod.label.app', 'web']]],
  ['a group by number', { key_regex: 'app\\.kubernetes\\.io/(.*e)', tag_name: 'k8s.$1' }, [['k8s.name', 'shop']]],
  ['a group in braces', { key_regex: '(app)', tag_name: '${1}lication' }, [['application', 'web']]],
  ['a group by name', { key_regex: '(?<what>app)', tag_name: '${what}.$what.$none' }, [['app.app.', 'web']]],
  ['a dollar', { key_regex: 'app', tag_name: '$$x' }, [['$x', 'web']]],
  ['a key without letters', { key_regex: '__(.*)__', tag_name: '' }, [['k8s.pod.label.__proto__', 'x']]],
  ['a name that no attribute may have', { key_regex: '(__proto__|constructor)', tag_name: '$1' }, []],
  ['a name that comes out empty', { key_regex: 'app(x?)', tag_name: '$1' }, []],
])('%s', (_, rule, expected) => {
  expect(taken(rule)).toEqual(expected);
});

describe('of too many', () => {
  const many = new Map(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'v'] as const));
  test('the first 64 are taken', () => {
    expect(taken({ key_regex: '.*' }, many).map(([name]) => name)).toEqual(Array.from({ length: 64 }, (_, i) => `k8s.pod.label.k${i}`));
  });
  test('a name is cut', () => {
    expect(taken({ key_regex: '(.*)', tag_name: '$1' }, new Map([['k'.repeat(1000), 'v']]))[0]![0]).toHaveLength(512);
  });
});
