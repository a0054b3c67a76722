import { nfsEnvironment, nfsExit, nfsProcess, type Attributes, type Process, type Processes } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';

/** Twice what the kernel side remembers (owners in maps.bpf.h): who is forgotten there is told again when it does something. */
const MOST = 16384;
/** Of those, processes that ended: an operation of theirs may still be under way. */
const MOST_GONE = 4096;
/** Two times that are the same may differ by this after they were added and multiplied as floating-point numbers. */
const ROUNDING_NS = 1000;

/** A process as the kernel side told it. */
export interface ToldProcess extends Process {
  /** Start of its first operation. */
  readonly sinceNs: number;
  /** Value by job variable, empty where it is not set; undefined when its environment was not read. */
  readonly values: readonly string[] | undefined;
}

export interface TrackedProcesses extends Processes {
  begin(process: ToldProcess): void;
  /** Takes in a struct nfs_exit. */
  end(record: DataView): void;
}

/** Remembers who had which tgid, and who had it before. */
export function trackProcesses(): TrackedProcesses {
  const now = new Map<number, ToldProcess>();
  const before = new Map<number, ToldProcess>();
  // In the order they ended.
  const gone = new Set<number>();

  const forget = (tgid: number): void => {
    now.delete(tgid);
    before.delete(tgid);
    gone.delete(tgid);
  };

  return {
    begin(process) {
      const { tgid } = process;
      const previous = now.get(tgid);
      forget(tgid);
      now.set(tgid, process);
      if (previous !== undefined) before.set(tgid, previous);
      if (now.size > MOST) forget(gone.values().next().value ?? now.keys().next().value!);
    },
    end(record) {
      const tgid = record.getUint32(nfsExit.fields.tgid.offset, true);
      if (now.has(tgid)) gone.add(tgid);
      if (gone.size > MOST_GONE) forget(gone.values().next().value!);
    },
    find(tgid, ns) {
      const process = now.get(tgid);
      return process === undefined || ns >= process.sinceNs - ROUNDING_NS ? process : before.get(tgid);
    },
  };
}

/** A struct nfs_process, which ends before `job` when there was nothing to look for. */
export function decodeProcess(record: DataView, variables: readonly string[]): ToldProcess {
  const { tgid, start, since, cgroup, uid, environment, comm, job } = nfsProcess.fields;
  const u64 = (field: { readonly offset: number }): number => Number(record.getBigUint64(field.offset, true));
  const text = (offset: number, length: number): string => {
    const bytes = new Uint8Array(record.buffer, record.byteOffset + offset, length);
    const end = bytes.indexOf(0);
    // A value that was cut may end within a character: as a stream, which leaves it out.
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? length : end), { stream: true });
  };
  const size = job.count / MOST_VARIABLES;
  const isRead = record.getUint32(environment.offset, true) === nfsEnvironment.READ && record.byteLength > job.offset;
  const values = isRead ? variables.map((_, i) => text(job.offset + i * size, size)) : undefined;
  return {
    tgid: record.getUint32(tgid.offset, true),
    start: u64(start),
    sinceNs: u64(since),
    cgroup: u64(cgroup),
    uid: record.getUint32(uid.offset, true),
    comm: text(comm.offset, comm.count),
    values,
    job: jobAttributes(variables, values ?? []),
  };
}

/** NFS_JOB_VARIABLES in nfs_event.h. */
export const MOST_VARIABLES = 4;

/** Those that have a value, by the name OpenTelemetry has for an environment variable. */
function jobAttributes(variables: readonly string[], values: readonly (string | undefined)[]): Attributes {
  const found = variables.flatMap((name, i) => (values[i] ? [[`${attribute.PROCESS_ENVIRONMENT_VARIABLE}.${name}`, values[i]]] : []));
  return Object.freeze(Object.fromEntries(found));
}
