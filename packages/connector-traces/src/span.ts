import { pathOf, processOf, type Attributes, type NfsBatch, type Span, type SpanEvent } from '@nfscope/model';
import { attribute, errorName, operationAttributes, programName, spanEvent } from '@nfscope/semconv';
import type { Config } from './config.ts';
import { traceContext, type TraceContext } from './trace-context.ts';

/** A span but for what its source says: that may come later. */
export type SpanOfEvent = Omit<Span, 'resource'>;

/** The span of one event of a batch. */
export const spanOf = (
  batch: NfsBatch,
  i: number,
  { file_paths, trace_context }: Config,
  newId: (bytes: 8 | 16) => string,
): SpanOfEvent => {
  const { events } = batch;
  const { name, program, version } = batch.operations[events.operation[i]!]!;
  const endMs = events.timeMs[i]!;
  const startMs = endMs - events.duration[i]! * 1000;
  const error = errorName(events.error[i]!, version);
  return {
    ...(contextOf(batch, i, trace_context) ?? { traceId: newId(16) }),
    spanId: newId(8),
    name: `${programName(program).toUpperCase()} ${name}`,
    kind: 'client',
    startMs,
    endMs,
    attributes: {
      ...operationAttributes(program, version, name),
      ...(error === undefined ? {} : { [attribute.ERROR_TYPE]: error }),
      ...operationDetail(batch, i),
      ...whoAndWhat(batch, i, file_paths),
    },
    events: marks(batch, i, startMs, endMs),
    ...(error === undefined ? {} : { error }),
  };
};

/** When it was sent and when its reply came, as far as either happened. */
const marks = ({ events }: NfsBatch, i: number, startMs: number, endMs: number): SpanEvent[] => {
  const at = (seconds: number): number => Math.min(endMs, startMs + seconds * 1000);
  const [queue, rtt] = [events.queue[i]!, events.rtt[i]!];
  return [
    ...(events.transmissions[i]! > 0 ? [{ name: spanEvent.SENT.name, timeMs: at(queue), attributes: {} }] : []),
    ...(rtt > 0 ? [{ name: spanEvent.REPLIED.name, timeMs: at(queue + rtt), attributes: {} }] : []),
  ];
};

const operationDetail = ({ events, operations }: NfsBatch, i: number): Attributes => {
  const { kind } = operations[events.operation[i]!]!;
  return {
    [attribute.NFS_OPERATION_QUEUE]: events.queue[i]!,
    [attribute.NFS_OPERATION_RTT]: events.rtt[i]!,
    [attribute.NFS_OPERATION_TRANSMISSIONS]: events.transmissions[i]!,
    [attribute.ONC_RPC_XID]: events.xid[i]!,
    ...(kind === 'other' ? {} : { [attribute.NFS_OPERATION_OFFSET]: events.offset[i]! }),
    ...(kind === 'read' || kind === 'write'
      ? { [attribute.NFS_OPERATION_REQUESTED]: events.requested[i]!, [attribute.NFS_OPERATION_SIZE]: events.bytes[i]! }
      : {}),
  };
};

const whoAndWhat = (batch: NfsBatch, i: number, filePaths: boolean): Attributes => {
  const { events } = batch;
  const process = processOf(batch, i);
  const path = filePaths ? pathOf(batch, i) : undefined;
  return {
    ...process?.job,
    ...(process === undefined ? {} : { [attribute.PROCESS_PID]: process.tgid, [attribute.PROCESS_EXECUTABLE_NAME]: process.comm }),
    [attribute.NFS_OPERATION_UID]: events.uid[i]!,
    // Its number is enough to find it: find -inum.
    ...(events.file[i] === 0 ? {} : { [attribute.FILE_INODE]: String(events.file[i]) }),
    ...(path === undefined ? {} : { [attribute.NFS_FILE_PATH]: path }),
  };
};

const contextOf = (batch: NfsBatch, i: number, variable: string): TraceContext | undefined => {
  const process = variable === '' ? undefined : processOf(batch, i);
  // A flush of pages that somebody else wrote is in no trace of its submitter.
  if (process === undefined || process.cgroup !== batch.sources.at(batch.events.source[i]!).cgroup.id) return undefined;
  return traceContext(String(process.job[`${attribute.PROCESS_ENVIRONMENT_VARIABLE}.${variable}`] ?? ''));
};
