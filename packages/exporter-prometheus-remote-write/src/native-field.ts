import type { HistogramPoints } from '@nfscope/model';
import { DOUBLE_LENGTH, nativeBuckets, putDouble, putField, putVarint, VARINT_LENGTH } from '@nfscope/model/prometheus';
import { staleNaN } from './request-writer.ts';

// io.prometheus.write.v2.TimeSeries, and tags of its Histogram: one of a number from 16 on has two bytes.
const histogramsTag = 0x1a;
const tags = { count: 0x08, sum: 0x19, timestamp: 0x78, start: [0x88, 0x01] } as const;
const nativeTags = { schema: 0x20, zeroThreshold: 0x29, zeroCount: 0x30, span: 0x5a, delta: 0x62 } as const;

/** Native histograms of one time, as the field of their series; each holds until the next. Undefined for bounds that have none. */
export const nativeField = (timeMs: number, bounds: readonly number[]) => {
  const native = nativeBuckets(bounds, nativeTags);
  if (native === undefined) return undefined;
  const content = new Uint8Array(5 + DOUBLE_LENGTH + 3 * VARINT_LENGTH + native.most);
  const bytes = new Uint8Array(1 + VARINT_LENGTH + content.length);
  const SUM = 1;
  const finished = (at: number, startMs: number): Uint8Array => {
    content[at++] = tags.timestamp;
    let end = putVarint(content, at, timeMs);
    if (startMs > 0) {
      content.set(tags.start, end);
      end = putVarint(content, end + tags.start.length, Math.floor(startMs));
    }
    return bytes.subarray(0, putField(bytes, 0, histogramsTag, content.subarray(0, end)));
  };
  content[0] = tags.sum;
  return {
    /** `startMs` is since when it counts, milliseconds since the Unix epoch; 0 where that is not known. */
    of({ buckets, count, sum }: HistogramPoints, point: number, startMs: number): Uint8Array {
      let at = putDouble(content, SUM, sum[point]!);
      content[at++] = tags.count;
      at = putVarint(content, at, count[point]!);
      return finished(native.put(content, at, buckets, point * (bounds.length + 1)), startMs);
    },
    /** The marker that a series has ended: Prometheus knows it by the sum. */
    stale(): Uint8Array {
      content.set(staleNaN, SUM);
      let at = SUM + DOUBLE_LENGTH;
      content[at++] = tags.count;
      content[at++] = 0;
      return finished(at, 0);
    },
  };
};
