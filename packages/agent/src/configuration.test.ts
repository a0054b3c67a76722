import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { debugExporterFactory } from '@nfscope/exporter-debug';
import { otlpGrpcExporterFactory } from '@nfscope/exporter-otlp';
import { defineConnector, defineReceiver } from '@nfscope/pipeline';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
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
