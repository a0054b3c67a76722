import type { Attributes, LogRecord, NfsBatch } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';

/** A record with its resource beside it. */
export interface Note extends Omit<LogRecord, 'resource'> {
  readonly resource: Attributes;
}

/** Looks at all batches of one receiver for things of one kind. */
export interface Watch {
  /** What is new. `held`: whether nothing is told of a source yet. */
  take(batch: NfsBatch, held: (source: number) => boolean): Note[];
}

/** Where something is, for a person: `nas1:/data`. */
export const placeOf = ({ [attribute.SERVER_ADDRESS]: server, [attribute.NFS_EXPORT_PATH]: path }: Attributes): string =>
  `${String(server ?? 'an unknown server')}:${String(path ?? '')}`;
