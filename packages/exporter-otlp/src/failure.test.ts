import { Metadata, status } from '@grpc/grpc-js';
import { PermanentError } from '@nfscope/pipeline';
import { expect, test } from 'vitest';
import { failureOf } from './failure.ts';

const retryInfo60s = Buffer.from(
  '1a300a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279496e666f12040a02083c',
  'hex',
);

const failed = (code: status, details?: Buffer) => {
  const metadata = new Metadata();
  if (details !== undefined) metadata.set('grpc-status-details-bin', details);
  return failureOf(Object.assign(new Error('said'), { code, details: 'said', metadata }));
};

// The table of the OTLP specification, "OTLP/gRPC Response".
test.each<[keyof typeof status, boolean]>([
  ['CANCELLED', true],
  ['UNKNOWN', false],
  ['INVALID_ARGUMENT', false],
  ['DEADLINE_EXCEEDED', true],
  ['NOT_FOUND', false],
  ['ALREADY_EXISTS', false],
  ['PERMISSION_DENIED', false],
  ['UNAUTHENTICATED', false],
  ['RESOURCE_EXHAUSTED', false],
  ['FAILED_PRECONDITION', false],
  ['ABORTED', true],
  ['OUT_OF_RANGE', true],
  ['UNIMPLEMENTED', false],
  ['INTERNAL', false],
  ['UNAVAILABLE', true],
  ['DATA_LOSS', true],
])('%s: again %s', (code, again) => {
  const { error, waitMs } = failed(status[code]);
  expect([error instanceof PermanentError, error.message, error.stack, waitMs]).toEqual([!again, 'said', undefined, 0]);
});

test.each<[keyof typeof status, boolean, number]>([
  ['RESOURCE_EXHAUSTED', true, 60_000],
  ['UNAVAILABLE', true, 60_000],
  ['INVALID_ARGUMENT', false, 0],
])('%s with RetryInfo: again %s, after %i ms', (code, again, ms) => {
  const { error, waitMs } = failed(status[code], retryInfo60s);
  expect([error instanceof PermanentError, waitMs]).toEqual([!again, ms]);
});

test('what is not of gRPC may be tried again', () => {
  const error = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  expect(failureOf(error)).toEqual({ error, waitMs: 0, unavailable: false });
});
