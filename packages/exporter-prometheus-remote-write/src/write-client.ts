import { httpClient, httpFailure, type HttpClient } from '@nfscope/pipeline';
import { compress } from 'snappyjs';
import type { Config } from './config.ts';

/** To one backend. */
export interface WriteClient extends Pick<HttpClient, 'close'> {
  /**
   * Resolves when the backend has taken a message of prometheus.WriteRequest. Throws PermanentError when that cannot be had by
   * sending it again, RetryableError when the backend asks to wait before.
   */
  send(request: Uint8Array, deadline: AbortSignal): Promise<void>;
}

// Remote-write 1.0, "Retries & Backoff": 5xx may be sent again, and 429; nothing else of 4xx may.
const transient = (status: number): boolean => status === 429 || status >= 500;

/** Opens nothing yet. Throws NFS-401 when a file cannot be read. */
export const writeClient = async ({ endpoint, tls, headers, basic_auth }: Config, version: string, id: string): Promise<WriteClient> => {
  const url = new URL(endpoint);
  const client = await httpClient(url, tls, id);
  const { username, password } = basic_auth;
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  const all = {
    'user-agent': `nfscope/${version}`,
    ...headers,
    ...(username === '' ? {} : { authorization: `Basic ${pair}` }),
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  };
  return {
    async send(request, deadline) {
      const answer = await client.post(compress(request), all, deadline);
      const failure = httpFailure(answer, { transient, words: answer.body.toString('utf8') }, url, Date.now());
      if (failure !== undefined) throw failure;
    },
    close: () => client.close(),
  };
};
