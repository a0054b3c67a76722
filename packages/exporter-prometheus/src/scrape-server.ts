import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { httpServer, sayPlain, type ComponentContext, type HttpServer } from '@nfscope/pipeline';
import type { Config } from './config.ts';

/** The page of this moment, plain or as gzip. */
export type Body = (gzip: boolean) => AsyncIterable<Uint8Array>;

/** Its url is where the metrics are, once started: `http://127.0.0.1:9464/metrics`. */
export type ScrapeServer = HttpServer;

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const scrapeServer = ({ endpoint, path }: Config, body: Body, context: ComponentContext): ScrapeServer => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.split('?', 1)[0] !== path) return sayPlain(response, 404, `There is nothing here. The metrics are at ${path}\n`);
    const gzip = acceptsGzip(request.headers['accept-encoding']);
    const encoding = gzip ? { 'content-encoding': 'gzip' } : {};
    response.writeHead(200, { 'content-type': CONTENT_TYPE, vary: 'accept-encoding', ...encoding });
    if (request.method === 'HEAD') return void response.end();
    await pipeline(body(gzip), response);
  };
  const server = httpServer(endpoint, answer, context);
  const url = (): string | undefined => {
    const address = server.url();
    return address === undefined ? undefined : `${address}${path}`;
  };
  return {
    ...server,
    url,
    async start() {
      await server.start();
      context.log.info('metrics are served', { url: url() });
    },
  };
};

/** A weight of 0 is a no, also to `*`. */
const acceptsGzip = (header: string | string[] | undefined): boolean => {
  const weights = new Map<string, boolean>();
  for (const part of String(header ?? '').split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    weights.set(coding, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  return weights.get('gzip') ?? weights.get('*') ?? false;
};

/** Compresses as fast as zlib can: level 1 takes a third of the time of the default and makes a page 1/29 of its size. */
export async function* gzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gzip = createGzip({ level: 1 });
  const fed = pipeline(chunks, gzip);
  // Told below, or of no interest once the reader has left.
  fed.catch(() => {});
  yield* gzip as AsyncIterable<Uint8Array>;
  await fed;
}
