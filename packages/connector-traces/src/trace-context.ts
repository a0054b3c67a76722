/** What a span joins. */
export interface TraceContext {
  readonly traceId: string;
  readonly parentSpanId: string;
}

// W3C Trace Context, section 3.2.2; what follows the flags is for versions after 00 (section 3.2.4).
const format = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** Reads a `traceparent`. Undefined when it is none, or of a trace that nobody records: a span in it would have lost its parent. */
export const traceContext = (text: string): TraceContext | undefined => {
  const [, version, traceId, parentSpanId, flags, more] = format.exec(text) ?? [];
  if (traceId === undefined || parentSpanId === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentSpanId) || (parseInt(flags!, 16) & SAMPLED) === 0) return undefined;
  return { traceId, parentSpanId };
};
