import { status, type ServiceError } from '@grpc/grpc-js';
import { PermanentError } from '@nfscope/pipeline';
import { retryDelayMs } from './retry-info.ts';

export interface Failure {
  /** PermanentError, or another when the same request may be sent again. */
  readonly error: Error;
  /** How long the backend asks to wait before that, milliseconds. */
  readonly waitMs: number;
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
  if (!isServiceError(error)) return { error, waitMs: 0 };
  const [details] = error.metadata.get('grpc-status-details-bin');
  const waitMs = details instanceof Uint8Array ? retryDelayMs(details) : undefined;
  const again = transient.has(error.code) || (error.code === status.RESOURCE_EXHAUSTED && waitMs !== undefined);
  return again ? { error, waitMs: waitMs ?? 0 } : { error: new PermanentError(error.message, { cause: error }), waitMs: 0 };
};
