import type { LogRecord, LogsBatch } from '@nfscope/model';
import { printable } from '@nfscope/pipeline';
import { attributeText } from './attribute-text.ts';
import type { Config } from './config.ts';

/** Log records as lines: one for all of them, one for each, and when detailed with its attributes. */
export function* logsLines(batch: LogsBatch, verbosity: Config['verbosity']): Iterable<string> {
  yield `${new Date(batch.timeMs).toISOString()} logs resources=${batch.resources.length} records=${batch.records.length}`;
  for (const record of batch.records) {
    const attributes = attributeText(batch.resources[record.resource]!, record.attributes);
    yield `  ${recordText(record)}${verbosity === 'detailed' ? ` ${attributes}` : ''}`;
  }
}

const recordText = ({ timeMs, severity, eventName, body, traceId, spanId }: LogRecord): string =>
  [
    `${new Date(timeMs).toISOString()} ${severity} ${printable(eventName)}: ${printable(body)}`,
    ...(traceId === undefined ? [] : [`trace=${traceId} span=${spanId}`]),
  ].join(' ');
