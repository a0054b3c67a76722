import { nativeBuckets } from '@nfscope/model/prometheus';
import { DURATION_BOUNDS, SIZE_BOUNDS } from '@nfscope/semconv';
import { expect, test } from 'vitest';
import { nativeTags } from './protobuf-page.ts';

test.each<[what: string, bounds: readonly number[], isNative: boolean]>([
  ['doubling', [0.25, 0.5, 1], true],
  ['the defaults for durations', DURATION_BOUNDS, false],
  ['the defaults for sizes', SIZE_BOUNDS, false],
])('histograms whose bounds are %s', (_, bounds, isNative) => {
  expect(nativeBuckets(bounds, nativeTags) !== undefined).toBe(isNative);
});
