import type { Span, SpanEvent } from '@nfscope/model';
import { putAttributes } from './attribute-bytes.ts';
import {
  bytesTag,
  closeMessage,
  fixed32Tag,
  fixed64Tag,
  putFixed32,
  putHex,
  putString,
  putTime,
  putVarint,
  sizeOf,
  varintTag,
  type ProtobufWriter,
} from './protobuf-writer.ts';

const TRACE_ID = bytesTag(1);
const SPAN_ID = bytesTag(2);
const PARENT_SPAN_ID = bytesTag(4);
const NAME = bytesTag(5);
const KIND = varintTag(6);
const START_TIME = fixed64Tag(7);
const END_TIME = fixed64Tag(8);
const ATTRIBUTES = bytesTag(9);
const DROPPED_ATTRIBUTES = varintTag(10);
const EVENTS = bytesTag(11);
const DROPPED_EVENTS = varintTag(12);
const DROPPED_LINKS = varintTag(14);
const STATUS = bytesTag(15);
const FLAGS = fixed32Tag(16);

const EVENT_TIME = fixed64Tag(1);
const EVENT_NAME = bytesTag(2);
const EVENT_ATTRIBUTES = bytesTag(3);
const EVENT_DROPPED_ATTRIBUTES = varintTag(4);

const STATUS_MESSAGE = bytesTag(2);
const STATUS_CODE = varintTag(3);
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;

/** SpanKind. */
const kinds = { internal: 1, server: 2, client: 3 } as const;
/** Flags: the sampled flag of W3C trace context, since what is not sampled is not here; and whether the parent is of another process. */
const SAMPLED = 0x101;
const SAMPLED_REMOTELY = 0x301;

/** The official serializer says what was left out even where nothing was. */
const putNothing = (writer: ProtobufWriter, tag: number): void => {
  putVarint(writer, 0);
  putVarint(writer, tag);
};

const putEvent = (writer: ProtobufWriter, { name, timeMs, attributes }: SpanEvent): void => {
  const size = sizeOf(writer);
  putNothing(writer, EVENT_DROPPED_ATTRIBUTES);
  putAttributes(writer, EVENT_ATTRIBUTES, attributes);
  putString(writer, EVENT_NAME, name);
  putTime(writer, EVENT_TIME, timeMs);
  closeMessage(writer, EVENTS, size);
};

/** The fields of a Span. */
export const putSpan = (writer: ProtobufWriter, span: Span): void => {
  const { traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, events, error } = span;
  putFixed32(writer, FLAGS, parentSpanId === undefined ? SAMPLED : SAMPLED_REMOTELY);
  const size = sizeOf(writer);
  putVarint(writer, error === undefined ? STATUS_UNSET : STATUS_ERROR);
  putVarint(writer, STATUS_CODE);
  if (error !== undefined && error !== '') putString(writer, STATUS_MESSAGE, error);
  closeMessage(writer, STATUS, size);
  putNothing(writer, DROPPED_LINKS);
  putNothing(writer, DROPPED_EVENTS);
  for (let index = events.length - 1; index >= 0; index--) putEvent(writer, events[index]!);
  putNothing(writer, DROPPED_ATTRIBUTES);
  putAttributes(writer, ATTRIBUTES, attributes);
  putTime(writer, END_TIME, endMs);
  putTime(writer, START_TIME, startMs);
  putVarint(writer, kinds[kind]);
  putVarint(writer, KIND);
  putString(writer, NAME, name);
  if (parentSpanId !== undefined) putHex(writer, PARENT_SPAN_ID, parentSpanId);
  putHex(writer, SPAN_ID, spanId);
  putHex(writer, TRACE_ID, traceId);
};
