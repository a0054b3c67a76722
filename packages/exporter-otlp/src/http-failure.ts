import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import { PermanentError, printable, RetryableError } from '@nfscope/pipeline';
import { statusMessage } from './export-response.ts';

/** What a backend said to a request, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

// OTLP specification, "OTLP/HTTP Response": those a client may try again.
const transient: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of what a backend says in words. */
const WORDS = 200;

export const isProtobuf = ({ headers }: Answer): boolean => /^application\/x-protobuf\b/i.test(headers['content-type'] ?? '');

/** How long Retry-After asks to wait, milliseconds: seconds or a date (RFC 9110, section 10.2.3). Undefined when it says nothing. */
export const retryAfterMs = (text: string | undefined, nowMs: number): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};

/** What an answer means: PermanentError, RetryableError when the backend asks to wait, another when it may be tried again; undefined for a success. */
export const failureOf = (answer: Answer, url: URL, nowMs: number): Error | undefined => {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return undefined;
  const words = printable((isProtobuf(answer) ? statusMessage(body) : body.toString('utf8')).trim().slice(0, WORDS));
  const said = words === '' ? '' : `: ${words}`;
  const message = `${url.href} answers ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd() + said;
  if (!transient.has(status)) return short(new PermanentError(message));
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return short(waitMs === undefined ? new Error(message) : new RetryableError(message, waitMs));
};

/** There was no answer, or not all of it. */
export const unreachable = (url: URL, error: Error): Error => {
  // A name with several addresses fails once for each, and Node says nothing about all of them.
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  return short(new Error(`cannot reach ${url.origin}: ${first.message}`, { cause: first }));
};

/** It says what is the matter elsewhere: a stack would only hide that in the log. */
const short = <E extends Error>(error: E): E => {
  delete error.stack;
  return error;
};
