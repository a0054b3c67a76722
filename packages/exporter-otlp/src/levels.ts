import type { Attributes } from '@nfscope/model';
import { keptBytes, putAttributes } from './attribute-bytes.ts';
import { bytesTag, closeMessage, putString, putVarint, sizeOf, varintTag, written } from './protobuf-writer.ts';
import type { Level } from './request-writer.ts';

// The requests of all signals are made alike: resource_*s (1) has resource (1) and scope_*s (2), that has scope (1) and leaves (2).
const RESOURCE_LEVEL = bytesTag(1);
const SCOPE_LEVEL = bytesTag(2);
const RESOURCE = bytesTag(1);
const SCOPE = bytesTag(1);
const ATTRIBUTES = bytesTag(1);
const DROPPED_ATTRIBUTES = varintTag(2);
const NAME = bytesTag(1);
const VERSION = bytesTag(2);

export const nothing = new Uint8Array(0);

const resourceBytes = keptBytes((writer, attributes: Attributes) => {
  const size = sizeOf(writer);
  // None, and said, as the official serializer has it.
  putVarint(writer, 0);
  putVarint(writer, DROPPED_ATTRIBUTES);
  putAttributes(writer, ATTRIBUTES, attributes);
  closeMessage(writer, RESOURCE, size);
});

/** ResourceMetrics, ResourceSpans or ResourceLogs of one resource. */
export const resourceLevel = (resource: Attributes): Level => ({ tag: RESOURCE_LEVEL, front: resourceBytes(resource), back: nothing });

/** ScopeMetrics, ScopeSpans or ScopeLogs of one scope. */
export const scopeLevel = ({ name, version }: { readonly name: string; readonly version: string }): Level => ({
  tag: SCOPE_LEVEL,
  front: written((writer) => {
    const size = sizeOf(writer);
    if (version !== '') putString(writer, VERSION, version);
    putString(writer, NAME, name);
    closeMessage(writer, SCOPE, size);
  }),
  back: nothing,
});
