const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it may stand in a page: names of components come out of files. */
export const escape = (text: unknown): string => String(text).replace(/[&<>"']/g, (character) => entities[character]!);

const cells = (row: readonly unknown[], tag: 'td' | 'th'): string =>
  `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>\n`;

/** A table whose cells are text. */
export const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  `<table>\n${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table>\n`;

const style =
  'body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left}';

/** A whole page of no script; `body` is HTML. */
export const page = (title: string, body: string): string =>
  `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style>\n<h1>${escape(title)}</h1>\n${body}</html>\n`;
