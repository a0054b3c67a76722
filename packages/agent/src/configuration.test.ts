import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { debugExporterFactory } from '@nfscope/exporter-debug';
import { otlpGrpcExporterFactory } from '@nfscope/exporter-otlp';
import {
  defineConnector,
  defineExporter,
  defineExtension,
  defineProcessor,
  defineReceiver,
  inputSchema,
  pipelinesConfig,
} from '@nfscope/pipeline';
import { fieldsWithoutDefault, undescribedFields, unsetFields } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { loadConfiguration, type ConfigSources } from './configuration.ts';
import { nfscope } from './nfscope.ts';

const folder = fileURLToPath(new URL('../testdata/wrong/', import.meta.url));
const never = () => Promise.reject(new Error('loading creates nothing')) as never;
const stability = 'development';
const config = z.strictObject({});
const factories = [
  defineReceiver({ type: 'tick', description: 'Ticks.', config, signals: { nfs: { stability, create: never } } }),
  defineConnector({ type: 'count', description: 'Counts.', config, from: 'nfs', to: 'metrics', stability, create: never }),
  defineConnector({ type: 'again', description: 'Hands on.', config, from: 'metrics', to: 'metrics', stability, create: never }),
  defineConnector({ type: 'tick', description: 'A namesake.', config, from: 'nfs', to: 'metrics', stability, create: never }),
  debugExporterFactory,
  otlpGrpcExporterFactory,
  defineProcessor({ type: 'pass', description: 'Changes nothing.', config, signals: { nfs: { stability, create: never } } }),
  defineExporter({
    type: 'mail',
    description: 'Has a key without a default.',
    config: z.strictObject({ to: z.string() }),
    signals: { nfs: { stability, create: never } },
  }),
  defineExtension({ type: 'pulse', description: 'Beats.', config, stability, create: never }),
];

/** What the command says of it, with paths as seen from the folder. */
const said = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
  const result = { out: '', err: '' };
  const code = await nfscope(args, factories, {
    env,
    stop: AbortSignal.abort(),
    out: (text) => (result.out += text),
    err: (text) => (result.err += text),
  });
  return { code, ...result, err: result.err.replaceAll(folder, '') };
};

/** What stands behind `# name: ` in the first lines. */
const notes = (text: string, name: string): string[] => [...text.matchAll(new RegExp(`^# ${name}: (.*)$`, 'gm'))].map(([, note]) => note!);

// Each file says in its first lines what a user is told of it, what stands before and behind it on the command line, and the environment.
const wrong = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('wrong configurations', () => {
  test.each(wrong)('%s', async (name) => {
    const text = readFileSync(`${folder}${name}`, 'utf8');
    const words = (note: string): string[] => notes(text, note).map((word) => word.replace('FOLDER/', folder));
    const args = ['validate', ...words('before'), '--config', `${folder}${name}`, ...words('after')];
    const env = Object.fromEntries(notes(text, 'env').map((pair) => pair.split('=') as [string, string]));
    const expected = notes(text, 'expect').map((line) => `${line}\n`);
    expect(expected).not.toEqual([]);
    expect(await said(args, env)).toEqual({ code: 2, out: '', err: expected.join('') });
  });

  test('are at least forty', () => {
    expect(wrong.length).toBeGreaterThanOrEqual(40);
  });
});

const sound = `${folder}base/good.yaml`;
const merged = async (sources: ConfigSources, env: Readonly<Record<string, string>> = {}) => {
  const { value, name, files } = await loadConfiguration(sources, factories, env);
  return { value, name: name.replaceAll(folder, ''), files: [...files].map(([file, text]) => [file.replaceAll(folder, ''), text]) };
};
const pipelines = { nfs: { receivers: ['tick'], exporters: ['debug'] } };
const good = { receivers: { tick: null }, exporters: { debug: { verbosity: 'basic' } }, service: { pipelines } };

describe('sources are merged in their order', () => {
  const pulse = 'yaml:{extensions: {pulse: }, service: {extensions: [pulse]}}';
  test.each<[name: string, sources: ConfigSources, value: object, env?: Record<string, string>]>([
    ['one', { config: [sound] }, good],
    ['with the scheme of files', { config: [`file:${sound}`] }, good],
    ['an empty one', { config: [sound, 'yaml:', 'yaml:# nothing'] }, good],
    ['the last value', { config: [sound, 'yaml:exporters: {debug: {verbosity: detailed}}', sound] }, good],
    ['maps', { config: [sound, pulse] }, { ...good, extensions: { pulse: null }, service: { pipelines, extensions: ['pulse'] } }],
    ['no value for a map', { config: [sound, 'yaml:exporters: {debug: }'] }, { ...good, exporters: { debug: null } }],
    [
      'a list for a list',
      { config: [sound, 'yaml:{receivers: {tick/2: }, service: {pipelines: {nfs: {receivers: [tick/2, tick]}}}}'] },
      {
        ...good,
        receivers: { tick: null, 'tick/2': null },
        service: { pipelines: { nfs: { receivers: ['tick/2', 'tick'], exporters: ['debug'] } } },
      },
    ],
    [
      'one value as YAML',
      { config: [sound, 'yaml:exporters::debug::verbosity: detailed'] },
      { ...good, exporters: { debug: { verbosity: 'detailed' } } },
    ],
    [
      'the environment',
      { config: [sound, 'env:MORE'] },
      { ...good, exporters: { debug: { verbosity: 'detailed' } } },
      { MORE: 'exporters: {debug: {verbosity: detailed}}' },
    ],
    [
      '--set',
      { config: [sound], set: ['exporters::debug::verbosity=detailed'] },
      { ...good, exporters: { debug: { verbosity: 'detailed' } } },
    ],
    [
      '--set with dots',
      { config: [sound], set: ['exporters.debug.verbosity=detailed'] },
      { ...good, exporters: { debug: { verbosity: 'detailed' } } },
    ],
    ['--set, the last one', { config: [sound], set: ['exporters::debug::verbosity=detailed', 'exporters::debug::verbosity=basic'] }, good],
    [
      '--set of a map',
      { config: [sound], set: ['exporters::debug={verbosity: detailed}'] },
      { ...good, exporters: { debug: { verbosity: 'detailed' } } },
    ],
    ['--set of nothing', { config: [sound], set: ['exporters::debug='] }, { ...good, exporters: { debug: null } }],
    [
      '--set with an id that has a dot',
      { config: [sound], set: ['receivers::tick/a.b=', 'service::pipelines::nfs::receivers=[tick, tick/a.b]'] },
      {
        ...good,
        receivers: { tick: null, 'tick/a.b': null },
        service: { pipelines: { nfs: { receivers: ['tick', 'tick/a.b'], exporters: ['debug'] } } },
      },
    ],
    [
      '--set to an expression',
      { config: [sound], set: ['exporters::debug::verbosity=${env:MORE}'] },
      { ...good, exporters: { debug: { verbosity: 'detailed' } } },
      { MORE: 'detailed' },
    ],
  ])('%s', async (_, sources, value, env = {}) => {
    expect((await merged(sources, env)).value).toEqual(value);
  });
});

test('a configuration knows its name and its files', async () => {
  const sources = { config: [sound, 'yaml:exporters::debug::verbosity: "${file:' + folder + 'base/basic}"'], set: ['receivers::tick='] };
  expect(await merged(sources)).toMatchObject({
    name: 'base/good.yaml with yaml:exporters::debug::verbosity: "${file:base/basic}" with --set receivers::tick',
    files: [
      ['base/good.yaml', readFileSync(sound, 'utf8')],
      ['base/basic', readFileSync(`${folder}base/basic`, 'utf8')],
    ],
  });
});

test('a sound configuration is named, and nothing else is said', async () => {
  const { code, out, err } = await said(['validate', '--config', sound, '--set', 'receivers::tick='], {});
  expect({ code, out: out.replace(folder, ''), err }).toEqual({
    code: 0,
    out: 'base/good.yaml with --set receivers::tick is valid\n',
    err: '',
  });
});

// As the tests of the contract do for what stands below the id of a component.
test('every field of the top level is described, has a default, and is set to another in whole.yaml', async () => {
  const schema = inputSchema(pipelinesConfig);
  const { value } = await merged({ config: [`${folder}../whole.yaml`] });
  expect(undescribedFields(schema)).toEqual([]);
  expect(fieldsWithoutDefault(schema)).toEqual([]);
  expect(unsetFields(schema, [value])).toEqual([]);
});
