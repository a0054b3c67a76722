import { line, px } from './text.ts';

/** A rectangle of the picture, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What the pictures of a dashboard show: from `from` to `to`, a value each `step`; all in seconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** One mark of the value axis: its place, counted from 0 at the bottom to 1 at the top, and what it says. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

const MARGIN = 80;

/** The part of a box that has the curves. */
export const plotOf = ({ x, y, width, height }: Box): Box => ({ x: x + MARGIN, y: y + 6, width: width - MARGIN - 8, height: height - 26 });

export const timeAt = (time: number, { from, to }: Range, plot: Box): number => plot.x + ((time - from) / (to - from)) * plot.width;

const clock = (time: number): string => new Date(time * 1000).toISOString().slice(11, 16);

/** Grid lines and what they stand for; times are UTC. */
export const frame = (plot: Box, range: Range, marks: readonly Mark[]): string => {
  const across = marks.map(({ at, text }) => {
    const y = plot.y + (1 - at) * plot.height;
    return `<path class="grid" d="M${px(plot.x)} ${px(y)}h${px(plot.width)}"/>${line(plot.x - 8, y + 4, text, 'dim', 'end')}`;
  });
  const every = plot.width > 400 ? 600 : 900;
  const times: string[] = [];
  for (let time = Math.ceil(range.from / every) * every; time <= range.to; time += every) {
    const x = timeAt(time, range, plot);
    times.push(`<path class="grid" d="M${px(x)} ${px(plot.y)}v${px(plot.height)}"/>`);
    // The last would stand half outside.
    if (x <= plot.x + plot.width - 16) times.push(line(x, plot.y + plot.height + 16, clock(time), 'dim', 'middle'));
  }
  return [...across, ...times].join('');
};
