import { httpServer, sayPlain, type ComponentContext, type Extension, type HostView, type HttpServer } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { pipelinesPage, servicePage } from './pages.ts';

/** Its url is where it listens, while it does. */
export type Zpages = Extension & Pick<HttpServer, 'url'>;

// Nothing but its own style: whatever a name holds, it loads and runs nothing.
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'cache-control': 'no-store',
};

/** Pages of this moment, made when they are asked for. */
export const zpages = ({ endpoint }: Config, context: ComponentContext, host: HostView): Zpages => {
  const about = { version: context.version, since: Date.now() };
  const pages: Readonly<Record<string, () => string>> = {
    '/debug/servicez': () => servicePage(host, about),
    '/debug/pipelinez': () => pipelinesPage(host),
  };
  const server = httpServer(
    endpoint,
    (request, response) => {
      const page = pages[request.url?.split('?', 1)[0] ?? ''];
      if (page === undefined) return sayPlain(response, 404, `There is nothing here. The pages are ${Object.keys(pages).join(' and ')}.\n`);
      response.writeHead(200, HEADERS).end(page());
    },
    context,
  );
  return {
    url: server.url,
    shutdown: server.shutdown,
    async start() {
      await server.start();
      context.log.info('debug pages are served', { url: `${server.url()}/debug/servicez` });
    },
  };
};
