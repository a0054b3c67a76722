interface Scale {
  readonly from: number;
  readonly unit: string;
}

const decimal = (unit: string): readonly Scale[] => [
  { from: 1e9, unit: ` G${unit}` },
  { from: 1e6, unit: ` M${unit}` },
  { from: 1e3, unit: ` k${unit}` },
  { from: 1, unit: ` ${unit}` },
];

/** By Grafana's names of units. Of each, the first whose `from` is reached counts; below the last one, the last does. */
const scales: Readonly<Record<string, readonly Scale[]>> = {
  ops: [
    { from: 1e6, unit: 'M ops/s' },
    { from: 1e3, unit: 'k ops/s' },
    { from: 1, unit: ' ops/s' },
  ],
  cps: [
    { from: 1e6, unit: 'M c/s' },
    { from: 1e3, unit: 'k c/s' },
    { from: 1, unit: ' c/s' },
  ],
  Bps: decimal('B/s'),
  bytes: [
    { from: 2 ** 30, unit: ' GiB' },
    { from: 2 ** 20, unit: ' MiB' },
    { from: 2 ** 10, unit: ' KiB' },
    { from: 1, unit: ' B' },
  ],
  s: [
    { from: 60, unit: ' min' },
    { from: 1, unit: ' s' },
    { from: 1e-3, unit: ' ms' },
    { from: 1e-6, unit: ' µs' },
  ],
  percentunit: [{ from: 0.01, unit: '%' }],
  short: [
    { from: 1e6, unit: ' Mil' },
    { from: 1e3, unit: ' K' },
    { from: 1, unit: '' },
  ],
};

/** A value as a person reads it, with three digits: 0.0025 s is `2.5 ms`. Throws for a unit that no panel has yet. */
export const inUnit = (value: number, unit: string): string => {
  const all = scales[unit];
  if (all === undefined) throw new Error(`no scale for the unit ${unit}`);
  if (value === 0) return unit === 'percentunit' ? '0%' : '0';
  const scale = all.find(({ from }) => Math.abs(value) >= from) ?? all.at(-1)!;
  return `${Number((value / scale.from).toPrecision(3))}${scale.unit}`;
};

const powers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => [1, 2, 5].map((digit) => Number(`${digit}e${from + i}`))).flat();

/** Steps that read well in a unit, ascending. Above ten seconds, time does not count by tens. */
const stepsOf = (unit: string, greatest: number): readonly number[] => {
  if (unit === 'bytes') return Array.from({ length: 50 }, (_, i) => 2 ** i);
  if (unit === 's') return [...powers(-7, 0), 10, 15, 30, 60, 120, 300, 600, 1200, 3600];
  // What is counted comes in whole numbers, unless there is less than one of it.
  return powers(unit === 'short' && greatest >= 1 ? 0 : -6, 12);
};

/** From 0 to the first mark that is not below `greatest`, at most `most` intervals. */
export const marks = (greatest: number, unit: string, most: number): readonly number[] => {
  const end = greatest > 0 ? greatest : 1;
  const steps = stepsOf(unit, end);
  const intervalsOf = (step: number): number => Math.ceil(end / step - 1e-9);
  const step = steps.find((one) => intervalsOf(one) <= most) ?? steps.at(-1)!;
  return Array.from({ length: intervalsOf(step) + 1 }, (_, i) => i * step);
};
