import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { components } from './components.ts';
import { configurationSchema } from './configuration-schema.ts';
import { defaultConfig } from './default-config.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// Read back by another than wrote it: zod's own reader of JSON Schema.
const schema = z.fromJSONSchema(configurationSchema(components) as z.core.JSONSchema.JSONSchema);
const takes = (text: string): boolean => schema.safeParse(parse(text)).success;

const shipped = execFileSync('git', ['ls-files', '*nfscope.yaml', 'scripts/start.yaml'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

test.each(shipped)('takes %s', (path) => {
  expect(takes(readFileSync(`${root}/${path}`, 'utf8'))).toBe(true);
});

describe('as the command does', () => {
  const pipelines = 'service: {pipelines: {nfs: {receivers: [nfs], exporters: [debug]}}}';
  test.each<[text: string, taken: boolean]>([
    [defaultConfig, true],
    ['{}', true],
    ['receivers:', true],
    ['receivers: {nfs: }', true],
    ['receivers: {nfs/of it: }', false],
    ['receivers: {nfs/second: {vfs: false}}', true],
    ['receivers: {nfs/second: {vfs: 1}}', false],
    ['receivers: {nfs: {vfs: "${env:VFS:-true}"}}', true],
    ['receivers: {nfs: {ring_size: "${file:ring}"}}', true],
    ['receivers: {nfs: {ring_size: "large"}}', false],
    ['receivers: {nfs: {slow_threshold: "${env:SLOW}ms"}}', true],
    ['receivers: {nfs: {slow_threshold: 5}}', false],
    ['receivers: {nfs_replay: {speed: "${env:SPEED}"}}', true],
    ['receivers: {nfs_replay: {speed: fast}}', false],
    ['processors: {k8s_attributes: {extract: {labels: [{key: a, from: "${env:FROM}"}]}}}', true],
    ['processors: {k8s_attributes: {extract: {labels: [{key: a, form: pod}]}}}', false],
    ['receivers: {prometheus: }', false],
    ['exporters: {prometheus: {endpiont: a}}', false],
    ['recievers: {nfs: }', false],
    [pipelines, true],
    [pipelines.replace('exporters', 'exporter'), false],
    [pipelines.replace('[debug]', 'debug'), false],
  ])('%s', (text, taken) => {
    expect(takes(text)).toBe(taken);
  });
});

test('editors find it: what is shipped for people to change points to the schema', () => {
  for (const path of ['deploy/kubernetes/nfscope.yaml', 'scripts/start.yaml']) {
    const [, target] = /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(`${root}/${path}`, 'utf8')) ?? [];
    const url = new URL(target ?? 'none', `file://${root}/${path}`);
    expect(JSON.parse(readFileSync(url, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configurationSchema(components))));
  }
});
