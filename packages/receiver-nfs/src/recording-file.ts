import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { layoutHash } from '@nfscope/model';
import { NfscopeError } from '@nfscope/pipeline';
import * as z from 'zod';
import { eventColumns } from './events.ts';
import { differingFields, ownStructures, structures } from './recorded-layout.ts';
import { decodeTick, encodeTick, type Tick } from './tick.ts';
import { totalsColumns } from './totals.ts';

/** Grows when what is behind the header changes its meaning. */
const VERSION = 1;

const columnList = z.array(z.tuple([z.string(), z.enum(['u8', 'u16', 'u32', 's32', 'u64']), z.number().int()]));

const headerSchema = z.object({
  nfscope_recording: z.literal(VERSION),
  /** Hash of the layouts, of the build that recorded. */
  layout: z.string(),
  start_ms: z.number(),
  max_rows: z.number().int(),
  duration_bounds: z.array(z.number()),
  size_bounds: z.array(z.number()),
  job_variables: z.array(z.string()).default([]),
  /** What the file has, so that another build can take out what it knows. */
  totals: columnList,
  events: columnList,
  records: structures,
});

/** First line of a recording, as JSON; the ticks follow, compressed. */
type Header = z.infer<typeof headerSchema>;

type Settings = Pick<Header, 'start_ms' | 'max_rows' | 'duration_bounds' | 'size_bounds' | 'job_variables'>;

/** A process that dies loses what was recorded since; flushed each second the file would be a third larger. */
const FLUSH_MS = 10_000;
/** Waiting for a disk that is this far behind would fill the memory. */
const MOST_WAITING = 64 << 20;
/** A header is some 3 kB. */
const LONGEST_HEADER = 1 << 16;

export interface RecordingWriter {
  /** Throws NFS-403 when the file cannot take it, also for what was written before. */
  write(tick: Tick): void;
  /** Resolves with the size of the file when all of it is there. */
  close(): Promise<number>;
}

/** Creates a file, or replaces it. Throws NFS-403. */
export async function createRecording(file: string, settings: Settings): Promise<RecordingWriter> {
  const refused = (cause: unknown): NfscopeError =>
    new NfscopeError('NFS-403', cause instanceof Error ? cause.message : String(cause), file, { cause });
  const handle = await open(file, 'w').catch((cause: unknown) => {
    throw refused(cause);
  });
  const header: Header = {
    nfscope_recording: VERSION,
    layout: layoutHash,
    ...settings,
    totals: totalsColumns.list.map(([...column]) => column),
    events: eventColumns.list.map(([...column]) => column),
    records: ownStructures,
  };
  const target = createWriteStream(file, { fd: handle });
  target.write(`${JSON.stringify(header)}\n`);
  const gzip = createGzip({ level: 9 });
  let failure: unknown;
  pipeline(gzip, target, (error) => (failure ??= error ?? undefined));
  const closed = once(target, 'close');
  closed.catch(() => {});
  let flushedMs = settings.start_ms;

  return {
    write(tick) {
      if (gzip.writableLength > MOST_WAITING) failure ??= new Error('the disk is too slow');
      if (failure !== undefined) throw refused(failure);
      gzip.write(encodeTick(tick));
      if (tick.ms - flushedMs < FLUSH_MS) return;
      flushedMs = tick.ms;
      gzip.flush(constants.Z_SYNC_FLUSH);
    },
    async close() {
      gzip.end();
      await closed.catch((error: unknown) => (failure ??= error));
      if (failure !== undefined) throw refused(failure);
      return target.bytesWritten;
    },
  };
}

export interface Recording {
  readonly header: Header;
  /** The ticks from the start on; to the last whole one, where the process that recorded died. Throws NFS-402. */
  ticks(): AsyncGenerator<Tick>;
}

/** Opens a file. Throws NFS-401 when it cannot be read, NFS-402 when it is no recording, or one that does not fit. */
export async function openRecording(file: string): Promise<Recording> {
  const first = Buffer.alloc(LONGEST_HEADER);
  try {
    const handle = await open(file, 'r');
    try {
      await handle.read(first, 0, LONGEST_HEADER, 0);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new NfscopeError('NFS-401', (cause as Error).message, file, { mend: 'Make one with `nfscope record`.', cause });
  }
  const end = first.indexOf('\n');
  const header = parseHeader(first.toString('utf8', 0, Math.max(end, 0)), file);

  async function* ticks(): AsyncGenerator<Tick> {
    const unzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1 << 18 });
    pipeline(createReadStream(file, { start: end + 1 }), unzip, () => {});
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const piece of unzip) {
        rest = Buffer.concat([rest, piece as Buffer]);
        for (let next = decodeTick(rest, header); next !== undefined; next = decodeTick(rest, header)) {
          rest = rest.subarray(next.size);
          yield next.tick;
        }
      }
    } catch (cause) {
      throw new NfscopeError('NFS-402', `it is damaged (${(cause as Error).message})`, file, { cause });
    }
  }
  return { header, ticks };
}

function parseHeader(line: string, file: string): Header {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new NfscopeError('NFS-402', 'it is no recording', file, { cause });
  }
  const { success, data, error } = headerSchema.safeParse(value);
  if (!success) {
    const version = (value as { nfscope_recording?: unknown } | null)?.nfscope_recording;
    const what =
      typeof version === 'number' && version !== VERSION ? `it has version ${version}, this build knows ${VERSION}` : 'it is no recording';
    throw new NfscopeError('NFS-402', what, file, { cause: error });
  }
  if (data.layout === layoutHash) return data;
  const differing = [...totalsColumns.differing(data.totals), ...eventColumns.differing(data.events), ...differingFields(data.records)];
  if (differing.length === 0) return data;
  throw new NfscopeError('NFS-402', `its layout ${data.layout} has another ${differing.join(', ')} than this build's ${layoutHash}`, file);
}
