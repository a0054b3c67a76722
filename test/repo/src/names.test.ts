import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { files, isTestdata, lineOf, text, withoutComments } from './tree.ts';

const sources = files.filter((path) => /\.(ts|mts|js|mjs|c|h|cc|hh|sh)$/.test(path) && !isTestdata(path));

test('no file is named after nothing in particular', () => {
  const vague = /^(utils?|helpers?|common|managers?|base|misc|types|shared|functions)\.|-(utils?|helpers?|managers?)\./i;
  expect(files.filter((path) => vague.test(basename(path)))).toEqual([]);
  expect(files.filter((path) => path.split('/').some((folder) => /^(utils?|helpers?|common|misc|shared)$/.test(folder)))).toEqual([]);
});

test('sources are in kebab-case', () => {
  const odd = sources.filter((path) => !/^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(basename(path)));
  expect(odd).toEqual([]);
  expect(sources.filter((path) => /\.m?ts$/.test(path) && basename(path).includes('_'))).toEqual([]);
});

test.each([
  ['an interface is named for what it is', /\binterface I[A-Z][a-z]/, /\.ts$/],
  ['nothing is left for later', /\b(TODO|FIXME|XXX|HACK)\b/, /./],
  ['a fact that is in two places is checked, not commented', /keep in sync|must match the (other|copy)/i, /./],
  ['a test that is run alone or never says why', /\b(test|it|describe)\.(only|todo|skip)\(/, /\.test\.ts$/],
])('%s', (_, pattern, where) => {
  const found = sources
    .filter((path) => where.test(path) && path !== 'test/repo/src/names.test.ts')
    .flatMap((path) => {
      const match = pattern.exec(text(path));
      return match ? [`${path}:${lineOf(text(path), match.index)}: ${match[0]}`] : [];
    });
  expect(found).toEqual([]);
});

// Names of metrics and attributes have one place.
test('names of telemetry come from semconv', () => {
  const literal =
    /['"`](nfs\.(io|operation|export|mount|transport)\.[a-z_.]+|k8s\.[a-z]+\.[a-z_.]+|nfscope\.lost[a-z_.]*|onc_rpc\.[a-z_.]+)['"`]/;
  const found = files
    .filter((path) => /^packages\/(?!semconv\/).*\/src\/.*\.ts$/.test(path) && !/\.test\.ts$|\/testing\/|\.gen\.ts$/.test(path))
    .flatMap((path) => {
      const match = literal.exec(withoutComments(text(path)));
      return match ? [`${path}: ${match[0]}`] : [];
    });
  expect(found).toEqual([]);
});
