import * as http from 'node:http';
import * as https from 'node:https';
import { createSecureContext } from 'node:tls';
import { withTlsFiles, type TlsPaths } from './tls-files.ts';

/** What a server said to a request; of its body the first 64 KiB. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends to one URL, one request at a time over one connection. */
export interface HttpClient {
  /** Rejects with the reason of the deadline, or with an error that says why the server cannot be reached. */
  post(body: Uint8Array, headers: Readonly<Record<string, string>>, deadline: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

/** Of what a server answers; more says nothing that is of use here. */
const ANSWER_BYTES = 64 * 1024;

/** Opens nothing yet. `id` is the component that an error is of. Throws NFS-401 when a file cannot be read. */
export const httpClient = async (url: URL, files: TlsPaths, id: string): Promise<HttpClient> => {
  const encrypted = url.protocol === 'https:';
  const one = { keepAlive: true, maxSockets: 1 };
  const agent = encrypted
    ? await withTlsFiles(files, id, (read) => new https.Agent({ ...one, secureContext: createSecureContext(read) }))
    : new http.Agent(one);
  return {
    post: (body, headers, deadline) =>
      new Promise((resolve, reject) => {
        const request = (encrypted ? https : http).request(url, {
          method: 'POST',
          agent,
          headers: { ...headers, 'content-length': body.length },
        });
        const over = (): void => void request.destroy(deadline.reason as Error);
        const fail = (error: Error): void => reject(deadline.aborted ? (deadline.reason as Error) : unreachable(url, error));
        request.once('close', () => deadline.removeEventListener('abort', over));
        request.on('error', fail);
        request.once('response', (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on('error', fail);
          response.on('data', (part: Buffer) => {
            if (size < ANSWER_BYTES) parts.push(part);
            size += part.length;
          });
          response.once('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }));
        });
        if (deadline.aborted) return over();
        deadline.addEventListener('abort', over, { once: true });
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
};

/** There was no answer, or not all of it. */
const unreachable = (url: URL, error: Error): Error => {
  // A name with several addresses fails once for each, and Node says nothing about all of them.
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  const said = new Error(`cannot reach ${url.origin}: ${first.message}`, { cause: first });
  // It says what is the matter elsewhere: a stack would only hide that in the log.
  delete said.stack;
  return said;
};
