import { httpClient, httpFailure, PermanentError, type HttpAnswer, type HttpClient } from '@nfscope/pipeline';
import { compress } from 'snappyjs';
import type { Config } from './config.ts';
import { messages, otherMessage } from './messages.ts';
import type { WriteRequest } from './request-writer.ts';
import { shortfall, writtenOf } from './written.ts';

/** To one backend. */
export interface WriteClient extends Pick<HttpClient, 'close'> {
  /**
   * Resolves when the backend has taken all of a request. Throws PermanentError when that cannot be had by sending it again,
   * RetryableError when the backend asks to wait before.
   */
  send(request: WriteRequest, deadline: AbortSignal): Promise<void>;
}

// Remote-write 1.0, "Retries & Backoff", and 2.0, "Retry on Partial Writes": 5xx may be sent again, and 429; nothing else of 4xx may.
const transient = (status: number): boolean => status === 429 || status >= 500;

const UNSUPPORTED_MEDIA_TYPE = 415;

const permanent = (message: string): PermanentError => {
  const error = new PermanentError(message);
  // It says what is the matter elsewhere, as a failure of HTTP does.
  delete error.stack;
  return error;
};

/** Opens nothing yet. Throws NFS-401 when a file cannot be read. */
export const writeClient = async (
  { endpoint, tls, headers, basic_auth, protobuf_message }: Config,
  version: string,
  id: string,
): Promise<WriteClient> => {
  const url = new URL(endpoint);
  const client = await httpClient(url, tls, id);
  const message = messages[protobuf_message];
  const { username, password } = basic_auth;
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  const all = {
    'user-agent': `nfscope/${version}`,
    ...headers,
    ...(username === '' ? {} : { authorization: `Basic ${pair}` }),
    'content-type': message.contentType,
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': message.version,
  };
  const mend = `it takes no ${protobuf_message}: set protobuf_message: ${otherMessage(protobuf_message)}`;

  const failureOf = (answer: HttpAnswer, request: WriteRequest): Error | undefined => {
    const failure = httpFailure(answer, { transient, words: answer.body.toString('utf8') }, url, Date.now());
    if (answer.status === UNSUPPORTED_MEDIA_TYPE) return permanent(`${failure!.message}; ${mend}`);
    if (!message.isConfirmed) return failure;
    const written = writtenOf(answer);
    if (failure === undefined && written === undefined) {
      return permanent(`${url.href} answers ${answer.status} and does not say what is written, so that ${mend}`);
    }
    const missing = written === undefined ? undefined : shortfall(request, written);
    if (missing === undefined) return failure;
    if (failure === undefined) return permanent(`${url.href} answers ${answer.status}, but ${missing}`);
    return failure instanceof PermanentError ? permanent(`${failure.message}; ${missing}`) : failure;
  };

  return {
    async send(request, deadline) {
      const failure = failureOf(await client.post(compress(request.bytes), all, deadline), request);
      if (failure !== undefined) throw failure;
    },
    close: () => client.close(),
  };
};
