import type { Span, TracesBatch } from '@nfscope/model';
import { printable } from '@nfscope/pipeline';
import { attributeText } from './attribute-text.ts';
import type { Config } from './config.ts';

/** Spans as lines: one for all of them, one for each, and when detailed with its attributes and its events. */
export function* tracesLines(batch: TracesBatch, verbosity: Config['verbosity']): Iterable<string> {
  yield `${new Date(batch.timeMs).toISOString()} traces resources=${batch.resources.length} spans=${batch.spans.length}`;
  for (const span of batch.spans) {
    const resource = batch.resources[span.resource]!;
    yield `  ${spanText(span)}${verbosity === 'detailed' ? ` ${attributeText(resource, span.attributes)}` : ''}`;
    if (verbosity === 'basic') continue;
    for (const { name, timeMs, attributes } of span.events)
      yield `    event ${printable(name)} at=${seconds(timeMs - span.startMs)} ${attributeText(attributes)}`;
  }
}

const spanText = ({ name, kind, traceId, spanId, parentSpanId, startMs, endMs, error }: Span): string =>
  [
    `${printable(name)} ${kind}`,
    `start=${new Date(startMs).toISOString()} duration=${seconds(endMs - startMs)}`,
    `trace=${traceId} span=${spanId}`,
    ...(parentSpanId === undefined ? [] : [`parent=${parentSpanId}`]),
    ...(error === undefined ? [] : [`error=${printable(JSON.stringify(error))}`]),
  ].join(' ');

/** To a microsecond: a double that counts milliseconds since 1970 holds no more. */
const seconds = (ms: number): string => `${Math.round(ms * 1000) / 1e6}s`;
