import type { MetricsBatch } from '@nfscope/model';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { placesByResource, resourceMetrics, type Place } from './resource-metrics.ts';

/**
 * Servers refuse messages of more than 4 MiB unless told otherwise. A quarter of it, since the serializer holds the
 * event loop while it writes a request: 1 MiB is 1,700 histograms or 25 ms.
 */
export const REQUEST_BYTES = 1024 * 1024;
/** Points of one resource that are tried in one piece: 0.3 MB, unless their attributes are long. */
const PIECE_POINTS = 500;

/**
 * A snapshot as ExportMetricsServiceRequest messages of at most REQUEST_BYTES, each written when it is asked for.
 * Only a point that is larger by itself makes a larger one.
 */
export function* requests(batch: MetricsBatch): Generator<Uint8Array, void, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for (const places of placesByResource(batch)) {
    for (let from = 0; from < places.length; from += PIECE_POINTS) {
      for (const piece of pieces(batch, places.slice(from, from + PIECE_POINTS))) {
        if (size > 0 && size + piece.length > REQUEST_BYTES) {
          yield Buffer.concat(parts, size);
          parts = [];
          size = 0;
        }
        parts.push(piece);
        size += piece.length;
      }
    }
  }
  // Messages that follow one another are one message with the repeated fields of all (protobuf, "Last One Wins").
  if (size > 0) yield Buffer.concat(parts, size);
}

function* pieces(batch: MetricsBatch, places: readonly Place[]): Generator<Uint8Array, void, void> {
  const bytes = ProtobufMetricsSerializer.serializeRequest(resourceMetrics(batch, places));
  if (bytes === undefined) throw new Error('the serializer wrote nothing');
  if (bytes.length <= REQUEST_BYTES || places.length === 1) return yield bytes;
  const half = places.length >>> 1;
  yield* pieces(batch, places.slice(0, half));
  yield* pieces(batch, places.slice(half));
}
