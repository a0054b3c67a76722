import type { LogRecord } from '@nfscope/model';
import { putAttributes, putText } from './attribute-bytes.ts';
import {
  bytesTag,
  fixed32Tag,
  fixed64Tag,
  putFixed32,
  putHex,
  putString,
  putTime,
  putVarint,
  varintTag,
  type ProtobufWriter,
} from './protobuf-writer.ts';

const TIME = fixed64Tag(1);
const SEVERITY_NUMBER = varintTag(2);
const SEVERITY_TEXT = bytesTag(3);
const BODY = bytesTag(5);
const ATTRIBUTES = bytesTag(6);
const DROPPED_ATTRIBUTES = varintTag(7);
const FLAGS = fixed32Tag(8);
const TRACE_ID = bytesTag(9);
const SPAN_ID = bytesTag(10);
const OBSERVED_TIME = fixed64Tag(11);
const EVENT_NAME = bytesTag(12);

/** SeverityNumber, the first of each range. */
const severities = { debug: 5, info: 9, warn: 13, error: 17 } as const;
/** The sampled flag of W3C trace context: the span that is named was sent. */
const SAMPLED = 1;

/** The fields of a LogRecord; `observedMs` is when its batch was made. */
export const putLogRecord = (
  writer: ProtobufWriter,
  { timeMs, eventName, severity, body, attributes, traceId, spanId }: LogRecord,
  observedMs: number,
): void => {
  putString(writer, EVENT_NAME, eventName);
  putTime(writer, OBSERVED_TIME, observedMs);
  if (traceId !== undefined && spanId !== undefined) {
    putHex(writer, SPAN_ID, spanId);
    putHex(writer, TRACE_ID, traceId);
    putFixed32(writer, FLAGS, SAMPLED);
  }
  // None, and said, as the official serializer has it.
  putVarint(writer, 0);
  putVarint(writer, DROPPED_ATTRIBUTES);
  putAttributes(writer, ATTRIBUTES, attributes);
  putText(writer, BODY, body);
  putString(writer, SEVERITY_TEXT, severity.toUpperCase());
  putVarint(writer, severities[severity]);
  putVarint(writer, SEVERITY_NUMBER);
  putTime(writer, TIME, timeMs);
};
