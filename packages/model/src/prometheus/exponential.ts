/** Bounds that are a part of Prometheus' scale of native histograms. */
export interface Exponential {
  /** Bounds are powers of 2^(2^-schema). */
  readonly schema: number;
  /** The power that the first bound is. */
  readonly first: number;
}

/** The schemas that Prometheus has. */
const [LOWEST, HIGHEST] = [-4, 8];
/** Of a bucket; a bound is a double, and in the kernel a whole number of nanoseconds. */
const TOLERANCE = 1e-3;

/** The scale of bounds that grow by one of its steps each; undefined when they do not. */
export const exponentialOf = (bounds: readonly number[]): Exponential | undefined => {
  const [one, two] = bounds;
  if (one === undefined || two === undefined || one <= 0) return undefined;
  const schema = 0 - Math.round(Math.log2(Math.log2(two / one)));
  if (!(schema >= LOWEST && schema <= HIGHEST)) return undefined;
  const power = (bound: number): number => Math.log2(bound) * 2 ** schema;
  const first = Math.round(power(one));
  return bounds.every((bound, i) => Math.abs(power(bound) - first - i) < TOLERANCE) ? { schema, first } : undefined;
};
