import { expect, test } from 'vitest';
import { parseImage } from './image-name.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

test.each<[string, string, string | undefined, string | undefined]>([
  ['busybox', 'busybox', 'latest', undefined],
  ['busybox:1.36', 'busybox', '1.36', undefined],
  ['docker.io/library/busybox:1.36', 'docker.io/library/busybox', '1.36', undefined],
  ['localhost:5000/app', 'localhost:5000/app', 'latest', undefined],
  ['localhost:5000/app:v2', 'localhost:5000/app', 'v2', undefined],
  [`app@${digest}`, 'app', undefined, digest],
  [`localhost:5000/team/app:v2@${digest}`, 'localhost:5000/team/app', 'v2', digest],
])('%s', (reference, name, tag, itsDigest) => {
  expect(parseImage(reference)).toEqual({ name, tag, digest: itsDigest });
});

test.each([digest, 'b2'.repeat(32), '', ':v1', '@'])('no name: %j', (reference) => {
  expect(parseImage(reference)).toBe(undefined);
});
