import type { Attributes } from './attributes.ts';

/** Severity by name; its number is the first of the range that OpenTelemetry's log data model gives it. */
export type Severity = 'debug' | 'info' | 'warn' | 'error';

/** That something happened, or how it stands. */
export interface LogRecord {
  /** When it happened, milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** What kind of event it is: records of one name have the same attributes. */
  readonly eventName: string;
  readonly severity: Severity;
  /** One line for a person. */
  readonly body: string;
  readonly attributes: Attributes;
  /** Index into `resources` of the batch. */
  readonly resource: number;
  /** The span it belongs to; both or neither. */
  readonly traceId?: string;
  readonly spanId?: string;
}

/** Records since the batch before. No record is in two batches. */
export interface LogsBatch {
  readonly timeMs: number;
  /** One object per resource for as long as it lives. */
  readonly resources: readonly Attributes[];
  readonly scope: { readonly name: string; readonly version: string };
  readonly records: readonly LogRecord[];
}
