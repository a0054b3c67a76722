import { startPrometheus } from '@nfscope/test-prometheus';

/** A real Prometheus that scrapes nobody and takes what is sent to it. `web` is its web configuration. */
export const realPrometheus = async (web: object = {}) => {
  const { url, query, stop } = await startPrometheus({ web, words: ['--web.enable-remote-write-receiver'] });
  return {
    endpoint: `${url}/api/v1/write`,
    /** What an instant query finds at a time, milliseconds. */
    query: (text: string, timeMs: number) => query(text, timeMs / 1000),
    stop,
  };
};
