import { frame, plotOf, timeAt, type Box, type Range } from './frame.ts';
import { fitted, line, px, widthOf } from './text.ts';
import { inUnit, marks } from './unit.ts';

/** What one query returned of one series: time in seconds -> value. */
export interface Curve {
  readonly legend: string;
  readonly values: ReadonlyMap<number, number>;
}

interface Style {
  readonly unit: string;
  /** Areas on top of each other. */
  readonly stacked: boolean;
}

const colours = ['#73bf69', '#f2cc0c', '#5794f2', '#ff9830', '#f2495c', '#b877d9', '#56d4dd', '#c4a57b'];
const LEGEND_LINE = 18;
const SWATCH = 20;

/** Points that follow each other without a gap. */
const runs = (times: readonly number[], has: (time: number) => boolean): number[][] => {
  const found: number[][] = [];
  let run: number[] = [];
  for (const time of times) {
    if (has(time)) run.push(time);
    else if (run.length > 0) {
      found.push(run);
      run = [];
    }
  }
  return run.length > 0 ? [...found, run] : found;
};

/** Legends, in as many lines as they need. */
const legendOf = (curves: readonly Curve[], width: number): readonly { x: number; row: number; text: string }[] => {
  let [x, row] = [0, 0];
  return curves.map(({ legend }) => {
    const text = fitted(legend, width - SWATCH);
    const wide = SWATCH + widthOf(text) + 14;
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
    const place = { x, row, text };
    x += wide;
    return place;
  });
};

/** Curves over time, from 0. */
export const lines = (box: Box, range: Range, curves: readonly Curve[], { unit, stacked }: Style): string => {
  const legend = legendOf(curves, box.width - 16);
  const legendHeight = ((legend.at(-1)?.row ?? 0) + 1) * LEGEND_LINE;
  const plot = plotOf({ ...box, height: box.height - legendHeight });
  const times = Array.from({ length: (range.to - range.from) / range.step + 1 }, (_, i) => range.from + i * range.step);

  const below = new Map(times.map((time) => [time, 0]));
  const shown = curves.map(({ values }) => {
    const bottom = new Map(below);
    const top = new Map<number, number>();
    for (const [time, value] of values) {
      if (Number.isNaN(value)) continue;
      top.set(time, Math.max(0, value) + (stacked ? bottom.get(time)! : 0));
      if (stacked) below.set(time, top.get(time)!);
    }
    return { bottom, top };
  });
  const ends = marks(Math.max(0, ...shown.flatMap(({ top }) => [...top.values()])), unit, Math.max(3, Math.floor(plot.height / 30)));
  const greatest = ends.at(-1)!;
  const yOf = (value: number): string => px(plot.y + (1 - value / greatest) * plot.height);
  const through = (run: readonly number[], of: ReadonlyMap<number, number>): string =>
    run.map((time) => `${px(timeAt(time, range, plot))} ${yOf(of.get(time)!)}`).join('L');

  const drawn = shown.map(({ bottom, top }, i) => {
    const colour = colours[i % colours.length]!;
    const found = runs(times, (time) => top.has(time));
    const outline = found.map((run) => `M${through(run, top)}`).join('');
    if (!stacked) return `<path class="line" stroke="${colour}" d="${outline}"/>`;
    const areas = found.map((run) => `M${through(run, top)}L${through([...run].reverse(), bottom)}Z`).join('');
    return `<path fill="${colour}" fill-opacity=".45" d="${areas}"/>`;
  });
  const named = legend.map(({ x, row, text }, i) => {
    const [left, y] = [box.x + 8 + x, box.y + box.height - legendHeight + row * LEGEND_LINE + 12];
    return `<path stroke="${colours[i % colours.length]}" stroke-width="4" d="M${px(left)} ${px(y - 4)}h14"/>${line(left + SWATCH, y, text)}`;
  });
  const axis = frame(
    plot,
    range,
    ends.map((value) => ({ at: value / greatest, text: inUnit(value, unit) })),
  );
  return [axis, ...drawn, ...named].join('\n');
};
