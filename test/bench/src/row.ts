import type { Spread } from './spread.ts';

/** One line of the table. Numbers of one row have its unit. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  /** As design and documentation state it; undefined for a row that explains another. */
  readonly budget: string | undefined;
  /** Undefined when it could not be measured here; `reason` says why. */
  readonly measured: Spread | undefined;
  readonly alternative?: { readonly name: string; readonly measured: Spread | undefined };
  /** measured / alternative. */
  readonly ratio?: Spread;
  readonly met: boolean | undefined;
  readonly reason?: string;
}

/** What is said of rows that cannot be measured here. */
export const notMeasured = (what: string, unit: string, budget: string | undefined, reason: string): Row => ({
  what,
  unit,
  budget,
  measured: undefined,
  met: undefined,
  reason,
});

export const verdict = ({ met, measured, budget, reason }: Row): string => {
  if (measured === undefined && met === undefined) return `not measured: ${reason ?? 'gives no reason'}`;
  const words = budget === undefined ? 'no budget' : met === true ? 'met' : 'NOT MET';
  return reason === undefined ? words : `${words}: ${reason}`;
};
