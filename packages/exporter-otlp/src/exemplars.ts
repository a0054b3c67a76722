import type { Exemplar } from '@nfscope/model';
import { bytesTag, closeMessage, fixed64Tag, putDouble, putHex, putTime, sizeOf, type ProtobufWriter } from './protobuf-writer.ts';

/** Of HistogramDataPoint. */
const EXEMPLARS = bytesTag(8);
const TIME = fixed64Tag(2);
const AS_DOUBLE = fixed64Tag(3);
const SPAN_ID = bytesTag(4);
const TRACE_ID = bytesTag(5);

/** Of one, with its header. */
export const EXEMPLAR_BYTES = 48;

/** Those that ended after the last point the backend took: the snapshots before had the others. */
export const putExemplars = (writer: ProtobufWriter, exemplars: readonly Exemplar[], takenMs: number): void => {
  for (const { value, timeMs, traceId, spanId } of exemplars) {
    if (timeMs <= takenMs) continue;
    const size = sizeOf(writer);
    putHex(writer, TRACE_ID, traceId);
    putHex(writer, SPAN_ID, spanId);
    putDouble(writer, AS_DOUBLE, value);
    putTime(writer, TIME, timeMs);
    closeMessage(writer, EXEMPLARS, size);
  }
};
