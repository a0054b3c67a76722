import { httpServer, sayPlain, type ComponentContext, type Extension, type HostView, type HttpServer } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { health, type Probe } from './health.ts';

/** Its url is where it listens, while it does. */
export type HealthCheck = Extension & Pick<HttpServer, 'url'>;

const probes: Readonly<Record<string, Probe>> = { '/': 'ready', '/live': 'live', '/startup': 'startup', '/ready': 'ready' };

/** Answers from memory: nothing that is mounted, and no server, can keep it waiting. */
export const healthCheck = ({ endpoint }: Config, context: ComponentContext, host: HostView): HealthCheck => {
  const since = Date.now();
  let hasRun = false;
  const server = httpServer(
    endpoint,
    (request, response) => {
      const probe = probes[request.url?.split('?', 1)[0] ?? ''];
      if (probe === undefined) return sayPlain(response, 404, `There is nothing here. Ask ${Object.keys(probes).join(', ')}.\n`);
      const components = host.components();
      hasRun ||= health('ready', components, false).ok;
      const { ok, waiting } = health(probe, components, hasRun);
      const status = ok ? 'Server available' : 'Server not available';
      const uptime = `${(Date.now() - since) / 1000}s`;
      response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify({ status, upSince: new Date(since).toISOString(), uptime, waiting })}\n`);
    },
    context,
  );
  return {
    url: server.url,
    shutdown: server.shutdown,
    async start() {
      await server.start();
      context.log.info('probes are answered', { url: server.url() });
    },
  };
};
