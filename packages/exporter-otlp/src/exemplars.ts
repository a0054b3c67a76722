import type { Exemplar } from '@nfscope/model';
import { bytesTag, closeMessage, fixed64Tag, putDouble, putHex, putTime, sizeOf, type ProtobufWriter } from './protobuf-writer.ts';

/** Of HistogramDataPoint. */
export const EXEMPLARS_OF_HISTOGRAM = bytesTag(8);
const TIME = fixed64Tag(2);
const AS_DOUBLE = fixed64Tag(3);
const SPAN_ID = bytesTag(4);
const TRACE_ID = bytesTag(5);

/** Of one, with its header. */
export const EXEMPLAR_BYTES = 48;

/** Those that the backend has not taken, as fields of this tag. Times do not tell: a span may be made of an operation that a snapshot has counted before. */
export const putExemplars = (
  writer: ProtobufWriter,
  tag: number,
  exemplars: readonly Exemplar[],
  taken: readonly Exemplar[] = [],
): void => {
  for (const { value, timeMs, traceId, spanId } of exemplars) {
    if (taken.some((one) => one.spanId === spanId && one.traceId === traceId)) continue;
    const size = sizeOf(writer);
    putHex(writer, TRACE_ID, traceId);
    putHex(writer, SPAN_ID, spanId);
    putDouble(writer, AS_DOUBLE, value);
    putTime(writer, TIME, timeMs);
    closeMessage(writer, tag, size);
  }
};
