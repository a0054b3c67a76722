import { STATUS_CODES } from 'node:http';
import { PermanentError, RetryableError } from './errors.ts';
import type { HttpAnswer } from './http-client.ts';
import { printable } from './printable.ts';

/** Of what a server says in words. */
const WORDS = 200;

/** How long Retry-After asks to wait, milliseconds: seconds or a date (RFC 9110, section 10.2.3). Undefined when it says nothing. */
export const retryAfterMs = (text: string | undefined, nowMs: number): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};

/** What a protocol has of its own in an answer that is no success. */
export interface HttpFailure {
  /** Whether a request that got this status may be sent again. */
  readonly transient: (status: number) => boolean;
  /** The server's own words. */
  readonly words: string;
}

/**
 * What an answer means: PermanentError, RetryableError when the server asks to wait, another when it may be tried again;
 * undefined for a success. `nowMs` is the time, milliseconds since the Unix epoch.
 */
export const httpFailure = (
  { status, headers }: Omit<HttpAnswer, 'body'>,
  { transient, words }: HttpFailure,
  url: URL,
  nowMs: number,
): Error | undefined => {
  if (status >= 200 && status < 300) return undefined;
  const shown = printable(words.trim().slice(0, WORDS));
  const message = `${url.href} answers ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd() + (shown === '' ? '' : `: ${shown}`);
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  const error = !transient(status)
    ? new PermanentError(message)
    : waitMs === undefined
      ? new Error(message)
      : new RetryableError(message, waitMs);
  // It says what is the matter elsewhere: a stack would only hide that in the log.
  delete error.stack;
  return error;
};
