import { httpFailure, type HttpAnswer } from '@nfscope/pipeline';
import { statusMessage } from './export-response.ts';

// OTLP specification, "OTLP/HTTP Response": those a client may try again.
const again: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export const isProtobuf = ({ headers }: HttpAnswer): boolean => /^application\/x-protobuf\b/i.test(headers['content-type'] ?? '');

/** What an answer means: PermanentError, RetryableError when the backend asks to wait, another when it may be tried again; undefined for a success. */
export const failureOf = (answer: HttpAnswer, url: URL, nowMs: number): Error | undefined => {
  const words = isProtobuf(answer) ? statusMessage(answer.body) : answer.body.toString('utf8');
  return httpFailure(answer, { transient: (status) => again.has(status), words }, url, nowMs);
};
