import type { Attributes } from '@nfscope/model';
import { resourceLevel, scopeLevel } from './levels.ts';
import { bytesTag, closeMessage, putRaw, sizeOf, written, type ProtobufWriter } from './protobuf-writer.ts';
import { HEADER_BYTES, requestWriter } from './request-writer.ts';
import type { Request } from './request.ts';
import { rowsByResource } from './rows-by-resource.ts';

/** Of ScopeSpans and ScopeLogs alike. */
const RECORDS = bytesTag(2);

/** Spans or log records of one batch as requests of at most REQUEST_BYTES, each written when it is asked for. */
export function* recordRequests<R extends { readonly resource: number }>(
  { resources, scope }: { readonly resources: readonly Attributes[]; readonly scope: { readonly name: string; readonly version: string } },
  records: readonly R[],
  put: (writer: ProtobufWriter, record: R) => void,
  writer: ProtobufWriter,
): Generator<Request, void, void> {
  const out = requestWriter(writer);
  const below = scopeLevel(scope);
  const { starts, rows } = rowsByResource(
    records.map(({ resource }) => resource),
    records.length,
    resources.length,
  );
  // From the last to the first, as the writer wants it.
  for (let resource = resources.length - 1; resource >= 0; resource--) {
    const path = [resourceLevel(resources[resource]!), below];
    for (let place = starts[resource + 1]! - 1; place >= starts[resource]!; place--) {
      const bytes = written((scratch) => put(scratch, records[rows[place]!]!));
      const full = out.cut(path, bytes.length + HEADER_BYTES);
      if (full !== undefined) yield { bytes: full };
      out.begin(path);
      const size = sizeOf(writer);
      putRaw(writer, bytes);
      closeMessage(writer, RECORDS, size);
    }
  }
  const rest = out.end();
  if (rest !== undefined) yield { bytes: rest };
}
