import { get } from 'node:http';

export interface ReadPage {
  /** From the request to the last byte. */
  readonly ms: number;
  readonly bytes: number;
  /** Whether the text was in one of its chunks. */
  readonly found: boolean;
}

/** Reads a page to its end, as Prometheus does. */
export const readPage = (url: string, headers: Record<string, string> = {}, text = '\0'): Promise<ReadPage> =>
  new Promise((resolve, reject) => {
    const from = performance.now();
    get(url, { headers }, (response) => {
      let bytes = 0;
      let found = false;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        found ||= text !== '\0' && chunk.includes(text);
      });
      response.on('end', () => resolve({ ms: performance.now() - from, bytes, found }));
      response.on('error', reject);
    }).on('error', reject);
  });
