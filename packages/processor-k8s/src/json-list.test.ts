import { describe, expect, test } from 'vitest';
import { MOST_OBJECT, readList } from './json-list.ts';

const read = async (pieces: readonly string[]) => {
  const items: unknown[] = [];
  const of = async function* (): AsyncGenerator<string> {
    yield* pieces;
  };
  const metadata = await readList(of(), (item) => items.push(item));
  return { ...metadata, items };
};

// The oracle is JSON.parse of the whole.
const whole = (text: string) => {
  const { metadata, items } = JSON.parse(text);
  return { resourceVersion: metadata.resourceVersion, continue: metadata.continue || undefined, items: items ?? [] };
};

const meta = '"metadata":{"resourceVersion":"7","continue":"","x":[{"y":[]}]}';
const texts = [
  `{"kind":"PodList",${meta},"items":[]}`,
  `{"kind":"PodList",${meta},"items":null}`,
  `{"kind":"PodList",${meta}}\n`.replace('}\n', ',"items":[ ]}\n'),
  `{"kind":"PodList",${meta},"items":[{"a":1},{"b":{"c":[{"d":"}]"}]}}]}`,
  `{"items":[{"a":"\\"}{\\\\"} , {"b":"[{"}\n,\t{}],"metadata":{"continue":"next","resourceVersion":"9"}}`,
  ` { "items" : [ { "ü" : "größe \\u007b" } ] , ${meta} } `,
];

describe('a list is what JSON.parse says it is, wherever it is cut', () => {
  test.each(texts)('%s', async (text) => {
    expect(await read([text])).toEqual(whole(text));
    expect(await read(text.split(''))).toEqual(whole(text));
    for (let at = 0; at <= text.length; at++) expect(await read([text.slice(0, at), text.slice(at)])).toEqual(whole(text));
  });
});

describe('no list', () => {
  test.each([
    ['nothing', ''],
    ['a page of a proxy', '<html><body>Bad gateway</body></html>'],
    ['another object', '{"kind":"Status","code":200}'],
    ['a version that is no text', '{"metadata":{"resourceVersion":7},"items":[]}'],
    ['an item that is no JSON', `{${meta},"items":[{"a":}]}`],
    ['an item without an end', `{${meta},"items":[{"a":"${'x'.repeat(MOST_OBJECT)}`],
    ['more ends than beginnings', `}}${texts[3]}`],
  ])('%s', async (_, text) => {
    await expect(read([text])).rejects.toThrow(/JSON|no list|more than/);
  });

  test('a list that is cut, anywhere', async () => {
    const text = texts[3]!;
    for (let at = 0; at < text.length; at++) await expect(read([text.slice(0, at)])).rejects.toThrow(/JSON/);
  });
});
