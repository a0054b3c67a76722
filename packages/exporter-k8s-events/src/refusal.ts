import { ApiError } from '@nfscope/kubernetes';
import { RetryableError } from '@nfscope/pipeline';

/** Why the API server will not have an Event: no right to make it, a namespace that is gone or going, or anything else. */
export type Refusal = 'forbidden' | 'gone' | 'invalid';

const [UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TIMEOUT, CONFLICT, TOO_MANY] = [401, 403, 404, 408, 409, 429];

/** What an answer means for this Event alone; undefined where the server, not the Event, is what is the matter. */
export const refusalOf = (error: unknown): Refusal | undefined => {
  if (!(error instanceof ApiError)) return undefined;
  const { status, kind, causes } = error;
  if (status === FORBIDDEN) return causes.includes('NamespaceTerminating') ? 'gone' : 'forbidden';
  if (status === NOT_FOUND && kind === 'namespaces') return 'gone';
  return status >= 300 && status < 500 && ![UNAUTHORIZED, TIMEOUT, CONFLICT, TOO_MANY].includes(status) ? 'invalid' : undefined;
};

/** For a person, beside what the server said: what a 403 is about, and what mends it. */
export const forbiddenText = (error: unknown): string =>
  // Other admission, such as a quota, says it otherwise.
  / cannot (create|patch) resource /.test((error as Error).message)
    ? 'without Events: the account needs the right to create and patch events of events.k8s.io, which deploy/kubernetes/rbac-events.yaml gives'
    : 'without Events: the API server forbids them';

/** What the queue is to be told of a request that may be made again. */
export const retryOf = (error: unknown): Error => {
  if (!(error instanceof ApiError)) return error as Error;
  const { status, message, retryAfterMs } = error;
  const said =
    status === UNAUTHORIZED ? `the API server does not accept the token: ${message}` : `the API server answers ${status}: ${message}`;
  const retry = retryAfterMs > 0 ? new RetryableError(said, retryAfterMs) : new Error(said);
  // It says what is the matter elsewhere: a stack would only hide that in the log.
  delete retry.stack;
  return retry;
};
