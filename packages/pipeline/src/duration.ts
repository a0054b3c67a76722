import * as z from 'zod';

const unit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time as the Collector writes it (`100ms`, `1s`, `5m`, `1h`), milliseconds after parsing. Its default is `.prefault('1s')`: text, not milliseconds. */
export const duration = (leastMs = 0) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'expected a time such as 100ms, 1s, 5m or 1h')
    .transform((text) => parseFloat(text) * unit[text.replace(/^[\d.]+/, '')]!)
    .refine((ms) => ms >= leastMs, `expected at least ${leastMs}ms`);
