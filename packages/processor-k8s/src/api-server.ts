import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';

/** Where the API server is, and who asks. */
export interface ApiServerSettings {
  readonly host: string;
  readonly port: number;
  /** Folder with the files token and ca.crt. */
  readonly serviceAccountPath: string;
  readonly userAgent: string;
}

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

/** With TCP keepalive a peer that went away without a word is noticed in about 40 s. */
const KEEPALIVE_MS = 30_000;

export const apiServer = ({ host, port, serviceAccountPath, userAgent }: ApiServerSettings): ApiServer => {
  return async (path, { headersMs, silenceMs }, signal) => {
    // Both rotate while the agent runs; kubelet replaces the token before four fifths of its hour are over.
    const [token, ca] = await Promise.all([
      readFile(join(serviceAccountPath, 'token'), 'utf8'),
      readFile(join(serviceAccountPath, 'ca.crt'), 'utf8'),
    ]);
    signal.throwIfAborted();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // One connection a request: there is one every few minutes, and none that went stale in between is ever used.
      const outgoing = request({
        host,
        port,
        path,
        ca,
        agent: false,
        signal,
        headers: { authorization: `Bearer ${token.trim()}`, accept: 'application/json', 'user-agent': userAgent },
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
  for await (const piece of response) text += piece;
  const seconds = Number(response.headers['retry-after'] ?? 0);
  return new ApiError(response.statusCode!, messageOf(text) ?? `HTTP ${response.statusCode}`, seconds > 0 ? seconds * 1000 : 0);
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
