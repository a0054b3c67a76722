import { startPrometheus, type Installed } from '@nfscope/test-prometheus';

/** A real Prometheus that scrapes nobody and takes what is sent to it. `web` is its web configuration, `more` are flags. */
export const realPrometheus = async (installed: Installed, { web = {}, more = [] }: { web?: object; more?: readonly string[] } = {}) => {
  const { url, query, stop } = await startPrometheus({ installed, web, words: ['--web.enable-remote-write-receiver', ...more] });
  return {
    endpoint: `${url}/api/v1/write`,
    /** What an instant query finds at a time, milliseconds. */
    query: (text: string, timeMs: number) => query(text, timeMs / 1000),
    stop,
  };
};
