import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { pause } from './pause.ts';

/** Where the API server is and who asks: asked for before every request, since tokens and certificates are replaced while the agent runs. */
export type Access = () => Promise<RequestOptions>;

/** An answer that is not 200, or an ERROR event in a watch. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** What the server asked for with Retry-After; 0 when it did not. */
  readonly retryAfterMs: number;

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Patience {
  /** Until the headers of the answer are there. */
  readonly headersMs: number;
  /** Between two pieces of the answer. */
  readonly silenceMs: number;
}

/** GET of one path; resolves with the answer's text as it comes. Throws ApiError, or the error of the connection. */
export type ApiServer = (path: string, patience: Patience, signal: AbortSignal) => Promise<AsyncIterable<string>>;

/** Two requests a second at most, whatever the number of watches that lost theirs in the same moment. */
const BETWEEN_MS = 500;

/** The same server, with a pause between two requests. */
export const paced = (server: ApiServer, betweenMs = BETWEEN_MS): ApiServer => {
  let nextMs = 0;
  return async (path, patience, signal) => {
    const nowMs = performance.now();
    const waitMs = Math.max(0, nextMs - nowMs);
    nextMs = nowMs + waitMs + betweenMs;
    await pause(waitMs, signal);
    signal.throwIfAborted();
    return server(path, patience, signal);
  };
};

/** With TCP keepalive a peer that went away without a word is noticed in about 40 s. */
const KEEPALIVE_MS = 30_000;
/** A server, or a proxy before it, that asks for more is asked again all the same. */
const MOST_RETRY_AFTER_MS = 300_000;
/** A Status has less than 1 KB. */
const MOST_REFUSAL = 64 << 10;

export const apiServer = (access: Access, userAgent: string): ApiServer => {
  return async (path, { headersMs, silenceMs }, signal) => {
    const { headers, ...options } = await access();
    signal.throwIfAborted();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // One connection a request: there is one every few minutes, and none that went stale in between is ever used.
      const outgoing = request({
        agent: false,
        ...options,
        path: (options.path ?? '') + path,
        signal,
        headers: { ...(headers as Record<string, string>), accept: 'application/json', 'user-agent': userAgent },
      });
      const late = setTimeout(() => outgoing.destroy(new Error(`no answer within ${headersMs} ms`)), headersMs);
      outgoing.on('socket', (socket) => socket.setKeepAlive(true, KEEPALIVE_MS));
      outgoing.on('response', (incoming) => {
        clearTimeout(late);
        incoming.setTimeout(silenceMs, () => incoming.destroy(new Error(`silent for ${silenceMs} ms`)));
        resolve(incoming);
      });
      outgoing.on('error', (error) => {
        clearTimeout(late);
        reject(error);
      });
      outgoing.end();
    });
    response.setEncoding('utf8');
    if (response.statusCode !== 200) throw await refusal(response);
    return response;
  };
};

const refusal = async (response: IncomingMessage): Promise<ApiError> => {
  let text = '';
  for await (const piece of response) {
    text += piece;
    if (text.length > MOST_REFUSAL) break;
  }
  const seconds = Number(response.headers['retry-after'] ?? 0);
  const retryAfterMs = seconds > 0 ? Math.min(seconds * 1000, MOST_RETRY_AFTER_MS) : 0;
  return new ApiError(response.statusCode!, messageOf(text) ?? `HTTP ${response.statusCode}`, retryAfterMs);
};

// A v1.Status; a proxy in between answers with whatever it likes.
const messageOf = (text: string): string | undefined => {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
};
