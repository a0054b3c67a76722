import type { AttributeValue } from '@nfscope/model';
import { expect, test } from 'vitest';
import { hashed } from './hash.ts';

// printf 'x' | sha256sum, and of numbers their bytes: printf '\x01\0\0\0\0\0\0\0' | sha256sum
test.each<[AttributeValue, string]>([
  ['x', '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'],
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [true, '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a'],
  [1, '7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8'],
  [0.5, '4cfa5b42ca669328764e67cd9a34bb8f90b16ed7ca8d85e8443783d7ccce15ed'],
  [['a'], ''],
])('%j', (value, expected) => {
  expect(hashed(value)).toBe(expected);
});
