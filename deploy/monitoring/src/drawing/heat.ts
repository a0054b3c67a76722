import { frame, plotOf, timeAt, type Box, type Range } from './frame.ts';
import type { Curve } from './lines.ts';
import { px } from './text.ts';
import { inUnit } from './unit.ts';

/** From few to many, as a body glows that gets hotter. */
const glow = ['#3b1d5e', '#641a80', '#8c2981', '#b73779', '#de4968', '#f7705c', '#fe9f6d', '#fcfdbf'];

/** How a histogram changes: a column for each time, a row for each bucket; `curves` have the bound as their legend. */
export const heat = (box: Box, range: Range, curves: readonly Curve[], unit: string): string => {
  const plot = plotOf(box);
  const boundOf = ({ legend }: Curve): number => (legend === '+Inf' ? Infinity : Number(legend));
  const buckets = [...curves].sort((a, b) => boundOf(a) - boundOf(b));
  const cells = buckets.flatMap(({ values }, bucket) =>
    [...values].map(([time, value]) => ({ time, bucket, count: value - (buckets[bucket - 1]?.values.get(time) ?? 0) })),
  );
  const most = Math.max(1, ...cells.map(({ count }) => count));
  const height = plot.height / buckets.length;
  const width = (range.step / (range.to - range.from)) * plot.width;
  // By orders of magnitude: what is rare is what one looks for.
  const shadeOf = (count: number): number => Math.min(glow.length - 1, Math.floor((Math.log1p(count) / Math.log1p(most)) * glow.length));
  const paths = glow.map((colour, shade) => {
    const of = cells.filter(({ count, time }) => count >= 0.5 && time > range.from && shadeOf(count) === shade);
    const d = of.map(({ time, bucket }) => {
      const [x, y] = [timeAt(time, range, plot) - width, plot.y + plot.height - (bucket + 1) * height];
      return `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h-${px(width)}z`;
    });
    return d.length > 0 ? `<path fill="${colour}" d="${d.join('')}"/>` : '';
  });
  const every = Math.ceil(20 / height);
  const marks = buckets.flatMap((bucket, i) => {
    const bound = boundOf(bucket);
    return Number.isFinite(bound) && i % every === every - 1 ? [{ at: (i + 1) / buckets.length, text: inUnit(bound, unit) }] : [];
  });
  return [...paths, frame(plot, range, marks)].filter((part) => part !== '').join('\n');
};
