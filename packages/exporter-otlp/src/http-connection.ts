import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { httpClient } from '@nfscope/pipeline';
import type { Connection } from './connection.ts';
import type { Settings } from './environment.ts';
import { refusalIn } from './export-response.ts';
import { failureOf, isProtobuf } from './http-failure.ts';

const compress = promisify(gzip);

/**
 * Opens nothing yet. Not by @opentelemetry/otlp-exporter-base: it tries again by itself, takes an answer that is cut off for a
 * success, and does not hand on what Retry-After says. Throws NFS-401 when a file cannot be read.
 */
export const openHttpConnection = async (settings: Settings, id: string): Promise<Connection> => {
  const url = new URL(settings.endpoint);
  const client = await httpClient(url, settings, id);
  const headers = {
    ...settings.headers,
    'content-type': 'application/x-protobuf',
    ...(settings.compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  };
  return {
    settings,
    async send(bytes, deadline) {
      // A thread of zlib's reads it: what is to be sent must not change before the next request is asked for.
      const body = settings.compression === 'gzip' ? await compress(bytes, { level: 1 }) : bytes;
      const answer = await client.post(body, headers, deadline);
      const failure = failureOf(answer, url, Date.now());
      if (failure !== undefined) throw failure;
      return isProtobuf(answer) ? refusalIn(answer.body) : undefined;
    },
    close: async () => client.close(),
  };
};
