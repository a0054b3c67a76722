import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { pause } from './pause.ts';

/** Where the API server is and who asks: asked for before every request, since tokens and certificates are replaced while the agent runs. */
export type Access = () => Promise<RequestOptions>;

type ApiErrorDetails = Pick<ApiError, 'retryAfterMs' | 'kind' | 'causes'>;

/** An answer that is no success, or an ERROR event in a watch. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** What the server asked for with Retry-After; 0 when it did not. */
  readonly retryAfterMs: number;
  /** What kind of object it is about, such as `namespaces`; '' when it does not say. */
  readonly kind: string;
  /** Why, in a word each, such as `NamespaceTerminating`. */
  readonly causes: readonly string[];

  constructor(status: number, message: string, { retryAfterMs = 0, kind = '', causes = [] }: Partial<ApiErrorDetails> = {}) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.kind = kind;
    this.causes = causes;
  }
}

/** What is asked: a GET where it is a path alone. */
export interface ApiRequest {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  /** Media type of the body. */
  readonly type: string;
  /** Sent as JSON. */
  readonly body: object;
}

/** How long a server may take. */
export interface Patience {
  /** Until the headers of the answer are there. */
  readonly headersMs: number;
  /** Between two pieces of the answer. */
  readonly silenceMs: number;
}

/** One request; resolves with the answer's text as it comes. Throws ApiError, or the error of the connection. */
export type ApiServer = (asked: string | ApiRequest, patience: Patience, signal: AbortSignal) => Promise<AsyncIterable<string>>;

/** Two requests a second at most, whatever the number of watches that lost theirs in the same moment. */
const BETWEEN_MS = 500;

/** The same server, with a pause between two requests. */
export const paced = (server: ApiServer, betweenMs = BETWEEN_MS): ApiServer => {
  let nextMs = 0;
  return async (asked, patience, signal) => {
    const nowMs = performance.now();
    const waitMs = Math.max(0, nextMs - nowMs);
    nextMs = nowMs + waitMs + betweenMs;
    await pause(waitMs, signal);
    signal.throwIfAborted();
    return server(asked, patience, signal);
  };
};

/** With TCP keepalive a peer that went away without a word is noticed in about 40 s. */
const KEEPALIVE_MS = 30_000;
/** A server, or a proxy before it, that asks for more is asked again all the same. */
const MOST_RETRY_AFTER_MS = 300_000;
/** A Status has less than 1 KB. */
const MOST_REFUSAL = 64 << 10;

/** The server that `access` leads to. It is asked over one connection a request, and knows of this program by `userAgent`. */
export const apiServer = (access: Access, userAgent: string): ApiServer => {
  return async (asked, { headersMs, silenceMs }, signal) => {
    const { path, ...given } = typeof asked === 'string' ? { path: asked } : asked;
    const body = 'body' in given ? JSON.stringify(given.body) : undefined;
    const { headers, ...options } = await access();
    signal.throwIfAborted();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // One connection a request: there is one every few minutes, and none that went stale in between is ever used.
      const outgoing = request({
        agent: false,
        ...options,
        method: 'body' in given ? given.method : 'GET',
        path: (options.path ?? '') + path,
        signal,
        headers: {
          ...(headers as Record<string, string>),
          accept: 'application/json',
          'user-agent': userAgent,
          ...('body' in given ? { 'content-type': given.type, 'content-length': Buffer.byteLength(body!) } : {}),
        },
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
      outgoing.end(body);
    });
    response.setEncoding('utf8');
    if (response.statusCode! < 200 || response.statusCode! > 299) throw await refusal(response);
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
  const { message = `HTTP ${response.statusCode}`, ...about } = statusOf(text);
  return new ApiError(response.statusCode!, message, { retryAfterMs, ...about });
};

// A v1.Status; a proxy in between answers with whatever it likes.
const statusOf = (text: string): Partial<ApiErrorDetails> & { readonly message?: string } => {
  try {
    const { message, details } = JSON.parse(text) as Status;
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof details?.kind === 'string' ? { kind: details.kind } : {}),
      causes: (details?.causes ?? []).flatMap(({ reason }) => (typeof reason === 'string' ? [reason] : [])),
    };
  } catch {
    return {};
  }
};

interface Status {
  readonly message?: unknown;
  readonly details?: { readonly kind?: unknown; readonly causes?: readonly { readonly reason?: unknown }[] };
}
