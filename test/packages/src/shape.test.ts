// What two linters of published packages say of the tarballs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifestOf, packInto, published, type Packed } from './project.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-shape-'));
let packed: readonly Packed[];
beforeAll(async () => {
  packed = await packInto(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(published)('%s', (of) => {
  const manifest = manifestOf(of);
  const tarball = (): Uint8Array<ArrayBuffer> => {
    const { buffer, byteOffset, length } = readFileSync(packed.find(({ name }) => name === manifest.name)!.file);
    return new Uint8Array(buffer, byteOffset, length).slice();
  };

  test('says by what licence, and for which Node', () => {
    // The kernel side has no code of its own for Node.
    if (of !== 'bpf') expect(manifest.engines).toEqual(manifestOf('.').engines);
    expect(manifest.license).toBe(of === 'bpf' ? 'GPL-2.0-only OR MIT' : manifestOf('.').license);
  });

  test('publint has nothing to say', { timeout: 60_000 }, async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball().buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('its types are not wrong', { timeout: 60_000 }, async () => {
    const result = await checkPackage(createPackageFromTarballData(tarball()));
    if (result.types === false) throw new Error('it has no types');
    // Packages of ES modules alone: who cannot import one has no use for its types.
    const ofOthers = (resolution: unknown): boolean => resolution === 'node10' || resolution === 'node16-cjs';
    const problems = result.problems.filter((problem) => !('resolutionKind' in problem && ofOthers(problem.resolutionKind)));
    expect(problems).toEqual([]);
    expect(Object.keys(result.entrypoints)).toEqual(Object.keys(manifest.exports));
  });
});
