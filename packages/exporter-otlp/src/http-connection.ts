import * as http from 'node:http';
import * as https from 'node:https';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Connection } from './connection.ts';
import type { Settings } from './environment.ts';
import { refusalIn } from './export-response.ts';
import { failureOf, isProtobuf, unreachable, type Answer } from './http-failure.ts';
import { withTlsFiles } from './tls-files.ts';

const compress = promisify(gzip);
/** Of what a backend answers; more says nothing that is of use here. */
const ANSWER_BYTES = 64 * 1024;

/**
 * Opens nothing yet. Not by @opentelemetry/otlp-exporter-base: it tries again by itself, takes an answer that is cut off for a
 * success, and does not hand on what Retry-After says. Throws NFS-401 when a file cannot be read.
 */
export const openHttpConnection = async (settings: Settings, id: string): Promise<Connection> => {
  const url = new URL(settings.endpoint);
  const encrypted = url.protocol === 'https:';
  const one = { keepAlive: true, maxSockets: 1 };
  const agent = encrypted
    ? await withTlsFiles(settings, id, (files) => new https.Agent({ ...one, secureContext: createSecureContext(files) }))
    : new http.Agent(one);
  const headers = {
    ...settings.headers,
    'content-type': 'application/x-protobuf',
    ...(settings.compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  };

  const post = (body: Uint8Array, deadline: AbortSignal): Promise<Answer> =>
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
    });

  return {
    settings,
    async send(bytes, deadline) {
      // A thread of zlib's reads it: what is to be sent must not change before the next request is asked for.
      const body = settings.compression === 'gzip' ? await compress(bytes, { level: 1 }) : bytes;
      const answer = await post(body, deadline);
      const failure = failureOf(answer, url, Date.now());
      if (failure !== undefined) throw failure;
      return isProtobuf(answer) ? refusalIn(answer.body) : undefined;
    },
    close: async () => agent.destroy(),
  };
};
