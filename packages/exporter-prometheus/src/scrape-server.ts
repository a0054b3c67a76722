import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { httpServer, sayPlain, type ComponentContext, type HttpServer } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { negotiateEncoding, type Encoding } from './encoding.ts';
import { negotiateFormat, type Format } from './format.ts';

/** The page of this moment. */
export type Body = (format: Format, encoding: Encoding) => AsyncIterable<Uint8Array>;

/** Its url is where the metrics are, once started: `http://127.0.0.1:9464/metrics`. */
export type ScrapeServer = HttpServer;

export const scrapeServer = ({ endpoint, path }: Config, body: Body, context: ComponentContext): ScrapeServer => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.split('?', 1)[0] !== path) return sayPlain(response, 404, `There is nothing here. The metrics are at ${path}\n`);
    const format = negotiateFormat(request.headers.accept);
    const encoding = negotiateEncoding(request.headers['accept-encoding']);
    response.writeHead(200, {
      'content-type': format.contentType,
      vary: 'accept, accept-encoding',
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    });
    if (request.method === 'HEAD') return void response.end();
    await pipeline(body(format, encoding), response);
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
