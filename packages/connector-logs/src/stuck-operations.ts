import type { Attributes, InflightColumns, NfsBatch } from '@nfscope/model';
import { attribute, logEvent, operationAttributes } from '@nfscope/semconv';
import type { Config } from './config.ts';
import { placeOf, type Note, type Watch } from './watch.ts';

/** An operation in flight for long that was told. */
interface Stuck {
  readonly source: number;
  readonly what: string;
  readonly attributes: Attributes;
  /** When it was seen last, in seconds. */
  age: number;
}

/**
 * Each operation that is stuck, once when it is and once when it is no longer. A snapshot has no id of an operation, so
 * it is told by who sent it where, and by its age, which only grows.
 */
export const stuckOperations = ({ stuck, file_paths }: Pick<Config, 'stuck' | 'file_paths'>): Watch => {
  /** By what the kernel says of them but their age; of one key, the oldest first. */
  let told = new Map<string, Stuck[]>();
  let lostTasks = 0;

  return {
    take(batch, held) {
      const { inflight, timeMs } = batch;
      // Nobody could look: what was seen last stands.
      if (inflight === undefined) return [];
      // A snapshot that is cut off does not show who is gone.
      const whole = batch.lost.tasks <= lostTasks;
      lostTasks = batch.lost.tasks;
      const notes: Note[] = [];
      const now = new Map<string, Stuck[]>();
      const enter = (key: string, one: Stuck): void => {
        const same = now.get(key);
        if (same === undefined) now.set(key, [one]);
        else same.push(one);
      };
      for (const i of oldestFirst(inflight, stuck / 1000)) {
        const key = keyOf(inflight, i);
        const age = inflight.age[i]!;
        const before = told.get(key);
        // What is younger than it was is another one: the ones before it are gone.
        const place = before?.findIndex((one) => one.age < age) ?? -1;
        if (place >= 0) {
          const [known] = before!.splice(place, 1);
          known!.age = age;
          enter(key, known!);
        } else if (!held(inflight.source[i]!)) {
          const one = describe(batch, inflight, i, file_paths);
          enter(key, one);
          notes.push(noteOf(batch, one, 'stuck', timeMs));
        }
      }
      for (const [key, gone] of told) {
        for (const one of gone) {
          if (whole) notes.push(noteOf(batch, one, 'resolved', timeMs));
          else enter(key, one);
        }
      }
      told = now;
      return notes;
    },
  };
};

const oldestFirst = ({ length, age }: InflightColumns, seconds: number): number[] => {
  const found: number[] = [];
  for (let i = 0; i < length; i++) if (age[i]! >= seconds) found.push(i);
  return found.sort((a, b) => age[b]! - age[a]!);
};

const keyOf = ({ source, operation, owner, file, offset }: InflightColumns, i: number): string =>
  `${source[i]} ${operation[i]} ${owner[i]} ${file[i]} ${offset[i]}`;

const describe = (batch: NfsBatch, inflight: InflightColumns, i: number, filePaths: boolean): Stuck => {
  const source = inflight.source[i]!;
  const { name, program, version, kind } = batch.operations[inflight.operation[i]!]!;
  const [file, owner] = [inflight.file[i]!, inflight.owner[i]!];
  // Whoever waits for it has its tgid still.
  const process = batch.processes.find(owner, Infinity);
  const path = filePaths && file !== 0 ? batch.files.path(batch.sources.at(source).client.id, file) : undefined;
  return {
    source,
    what: path === undefined ? name : `${name} of ${path}`,
    age: inflight.age[i]!,
    attributes: {
      ...operationAttributes(program, version, name),
      [attribute.NFS_OPERATION_TRANSMISSIONS]: inflight.transmissions[i]!,
      ...(kind === 'other' ? {} : { [attribute.NFS_OPERATION_OFFSET]: inflight.offset[i]! }),
      ...(kind === 'read' || kind === 'write' ? { [attribute.NFS_OPERATION_REQUESTED]: inflight.bytes[i]! } : {}),
      ...(file === 0 ? {} : { [attribute.FILE_INODE]: String(file) }),
      ...(path === undefined ? {} : { [attribute.NFS_FILE_PATH]: path }),
      [attribute.PROCESS_PID]: owner,
      ...(process === undefined ? {} : { [attribute.PROCESS_EXECUTABLE_NAME]: process.comm }),
    },
  };
};

const noteOf = ({ sources }: NfsBatch, { source, what, attributes, age }: Stuck, state: 'stuck' | 'resolved', timeMs: number): Note => {
  const { resource, attributes: ofSource } = sources.at(source);
  const where = `${what} on ${placeOf(ofSource)}`;
  const all = { ...ofSource, ...attributes, [attribute.NFS_OPERATION_AGE]: age };
  const seconds = `${Math.round(age)} s`;
  return state === 'stuck'
    ? {
        timeMs,
        eventName: logEvent.OPERATION_STUCK.name,
        severity: 'warn',
        body: `${where} has been in flight for ${seconds}`,
        attributes: all,
        resource,
      }
    : {
        timeMs,
        eventName: logEvent.OPERATION_RESOLVED.name,
        severity: 'info',
        body: `${where} is no longer in flight; it was for ${seconds} or more`,
        attributes: all,
        resource,
      };
};
