import type { Attributes } from './attributes.ts';

/** One number that a component of the pipeline tells of itself, as it is now. */
export interface OwnNumber {
  /** One object for each metric. */
  readonly metric: {
    readonly name: string;
    readonly type: 'histogram' | 'counter' | 'gauge';
    readonly unit: string;
    readonly description: string;
  };
  /** One object for as long as the component lives. */
  readonly attributes: Attributes;
  /** When it began to count, milliseconds since the Unix epoch. */
  readonly startMs: number;
  readonly value: number;
}
