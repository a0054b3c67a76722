import { Metadata, status } from '@grpc/grpc-js';
import { PermanentError, RetryableError } from '@nfscope/pipeline';
import { expect, test } from 'vitest';
import { failureOf } from './grpc-failure.ts';

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
  const { error } = failed(status[code]);
  expect([error instanceof PermanentError, error instanceof RetryableError, error.message, error.stack]).toEqual([
    !again,
    false,
    'said',
    undefined,
  ]);
});

test.each<[keyof typeof status, number | undefined]>([
  ['RESOURCE_EXHAUSTED', 60_000],
  ['UNAVAILABLE', 60_000],
  ['INVALID_ARGUMENT', undefined],
])('%s with RetryInfo: again after %s ms', (code, ms) => {
  const { error } = failed(status[code], retryInfo60s);
  expect([error instanceof PermanentError, (error as RetryableError).waitMs]).toEqual([ms === undefined, ms]);
});

test('what is not of gRPC may be tried again', () => {
  const error = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  expect(failureOf(error)).toEqual({ error, unavailable: false });
});
