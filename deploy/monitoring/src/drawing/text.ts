const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign]!);

/** A tenth of a pixel is more than can be seen, and short. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** Width of a character at 12 px, of the widest of the usual fonts without serifs. */
const CHARACTER = 6.9;
const CAPITAL = 8.6;

export const widthOf = (text: string): number => text.replace(/[A-Z]/g, '').length * (CHARACTER - CAPITAL) + text.length * CAPITAL;

/** As much of a text as fits. */
export const fitted = (text: string, width: number): string => {
  const most = Math.floor(width / CHARACTER);
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
};

/** One line of text; `style` is a class of the picture, `anchor` which part of the text is at x. */
export const line = (x: number, y: number, text: string, style = '', anchor: 'start' | 'middle' | 'end' = 'start'): string =>
  `<text x="${px(x)}" y="${px(y)}"${style && ` class="${style}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escaped(text)}</text>`;
