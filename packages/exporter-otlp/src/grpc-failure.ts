import { status, type ServiceError } from '@grpc/grpc-js';
import { PermanentError, RetryableError } from '@nfscope/pipeline';
import { retryDelayMs } from './retry-info.ts';

export interface Failure {
  /** PermanentError, RetryableError when the backend asks to wait, or another when the same request may be sent again. */
  readonly error: Error;
  /** There is no connection, or none that is of use. */
  readonly unavailable: boolean;
}

// OTLP specification, "OTLP/gRPC Response": the codes a client may try again; RESOURCE_EXHAUSTED only with RetryInfo.
const transient: ReadonlySet<status> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

const isServiceError = (error: Error): error is ServiceError => 'code' in error && typeof error.code === 'number' && 'metadata' in error;

/** What a failed request means, by the code the backend or gRPC itself gave. */
export const failureOf = (error: Error): Failure => {
  if (!isServiceError(error)) return { error, unavailable: false };
  const [details] = error.metadata.get('grpc-status-details-bin');
  const waitMs = details instanceof Uint8Array ? retryDelayMs(details) : undefined;
  const again = transient.has(error.code) || (error.code === status.RESOURCE_EXHAUSTED && waitMs !== undefined);
  if (!again) return { error: said(new PermanentError(error.message)), unavailable: false };
  const failed = waitMs === undefined ? new Error(error.message) : new RetryableError(error.message, waitMs);
  return { error: said(failed), unavailable: error.code === status.UNAVAILABLE };
};

/** It says what is the matter elsewhere: 20 lines of stack, twice with a cause, would only hide that in the log. */
const said = (error: Error): Error => {
  delete error.stack;
  return error;
};
