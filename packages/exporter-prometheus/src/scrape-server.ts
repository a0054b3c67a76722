import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpServer, sayPlain, type ComponentContext, type HttpServer } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { negotiateEncoding, type Encoding } from './encoding.ts';
import { negotiateFormat, type Format } from './format.ts';
import { writeOut } from './write-out.ts';

/** The page of this moment. A chunk is the reader's until it asks for the next. */
export type Body = (format: Format, encoding: Encoding) => AsyncIterable<Uint8Array>;

/** Its url is where the metrics are, once started: `http://127.0.0.1:9464/metrics`. Its start throws NFS-103 and NFS-401 besides. */
export type ScrapeServer = HttpServer;

export const scrapeServer = (config: Config, body: Body, context: ComponentContext): ScrapeServer => {
  const { path } = config;
  const { log, id } = context;

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
    await writeOut(body(format, encoding), response);
  };

  const guarded = async (file: string): Promise<HttpServer> => {
    // Only now: what reads YAML and checks passwords is memory that a page for everybody does not take.
    const [{ admission }, { followWebConfig }] = await Promise.all([import('./admission.ts'), import('./web-config.ts')]);
    const current = followWebConfig(file, id, (error) => log.error('a change of the web configuration is not taken', { error }));
    const admits = admission();
    const { tls, clientAuth } = current();
    return httpServer(
      config.endpoint,
      async (request, response) => {
        const refusal = await admits(request, current());
        if (refusal === undefined) return answer(request, response);
        const ask = refusal.status === 401 ? { 'www-authenticate': 'Basic' } : {};
        sayPlain(response, refusal.status, refusal.text, ask);
      },
      context,
      tls && { requestCert: clientAuth !== 'NoClientCert', context: () => current().tls! },
    );
  };

  let server: HttpServer | undefined;
  const url = (): string | undefined => {
    const address = server?.url();
    return address === undefined ? undefined : `${address}${path}`;
  };
  return {
    url,
    async start() {
      // Files are read only now.
      server = config.web_config_file === undefined ? httpServer(config.endpoint, answer, context) : await guarded(config.web_config_file);
      await server.start();
      log.info('metrics are served', { url: url() });
    },
    shutdown: async (deadline) => server?.shutdown(deadline),
  };
};
