import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { debugExporterFactory } from '@nfscope/exporter-debug';
import { defineReceiver, NfscopeError } from '@nfscope/pipeline';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InvalidConfiguration, loadPlan } from './configuration.ts';

const folder = fileURLToPath(new URL('../testdata/wrong/', import.meta.url));
const tick = defineReceiver({
  type: 'tick',
  description: 'Ticks.',
  config: z.strictObject({}),
  signals: { nfs: { stability: 'development', create: () => Promise.reject(new Error('loading creates nothing')) as never } },
});
const factories = [tick, debugExporterFactory];

const lines = async (file: string): Promise<readonly string[]> => {
  try {
    await loadPlan(file, factories, {});
    return [];
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.errors.map((one) => one.toLine());
    if (error instanceof NfscopeError) return [error.toLine()];
    throw error;
  }
};

// Each file says in its first lines what a user is told of it.
describe('wrong configurations', () => {
  test.each(readdirSync(folder))('%s', async (name) => {
    const file = `${folder}${name}`;
    const expected = [...readFileSync(file, 'utf8').matchAll(/^# expect: (.*)$/gm)].map(([, line]) => line);
    expect(expected).not.toEqual([]);
    expect((await lines(file)).map((line) => line.replace(`${file}:`, '').replace('  ', ' '))).toEqual(expected);
  });
});
