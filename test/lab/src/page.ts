import type { Sample } from './samples.ts';

const unescaped = (text: string): string => text.replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one));

/** The samples of a page of metrics, in the text format of Prometheus. */
export const parsePage = (page: string): Sample[] =>
  [...page.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, unescaped(text)] as const),
    ),
    value: Number(value),
  }));
