import { readFile } from 'node:fs/promises';
import type { Superblock } from '@nfscope/model';
import { NfscopeError } from '@nfscope/pipeline';
import { commonFolder } from './export-path.ts';

/** Path of the export by device of the superblock, `major:minor`. */
export type ExportsByDevice = ReadonlyMap<string, string>;

/**
 * Mounts as the node's first process sees them; where that cannot be read, as this process does.
 * Reading it asks the kernel only: no path of a mount is touched. Rejects when neither can be read.
 */
export const readMountinfo = async (procfs: string): Promise<ExportsByDevice> => parseMountinfo(await readText(procfs));

/** Throws NFS-401 when there is no mountinfo below `procfs`. */
export const requireMountinfo = async (procfs: string): Promise<void> => {
  try {
    await readText(procfs);
  } catch (cause) {
    throw new NfscopeError('NFS-401', 'cannot read the mounts of the node', `${procfs}/1/mountinfo`, {
      mend: 'Set `procfs` to where the procfs of the node is mounted.',
      cause,
    });
  }
};

// Latin-1 keeps each byte as it is until the escapes, which are bytes too, are resolved.
const readText = (procfs: string): Promise<string> =>
  readFile(`${procfs}/1/mountinfo`, 'latin1').catch(() => readFile(`${procfs}/self/mountinfo`, 'latin1'));

/**
 * `text` is a mountinfo of proc(5) read as Latin-1; lines that are not NFS are passed over. nfs_show_path() prints `/` as
 * the root of every mount, and nfs_show_devname() has the folder in the source instead: the mounts of one device, binds and
 * subPaths among them, differ there and have the export in common.
 */
export const parseMountinfo = (text: string): ExportsByDevice => {
  const exports = new Map<string, string>();
  for (const { device, source } of eachNfsMount(text)) enter(exports, device, unescape(source));
  return exports;
};

/** A line of mountinfo, with the escapes that the kernel wrote. */
export interface MountLine {
  readonly device: string;
  readonly folder: string;
  readonly source: string;
}

/** The lines of NFS mounts, in their order. */
export function* eachNfsMount(text: string): Generator<MountLine> {
  for (const line of text.split('\n')) {
    // A space inside a field is written as \040, so this can only be the separator after the optional fields.
    const separator = line.indexOf(' - ');
    const [type, source] = line.slice(separator + 3).split(' ', 2);
    if (separator < 0 || source === undefined || (type !== 'nfs' && type !== 'nfs4')) continue;
    const [, , device, , folder] = line.split(' ', 5);
    if (!/^\d+:\d+$/.test(device!)) continue;
    yield { device: device!, folder: folder!, source };
  }
}

/** The same of superblocks whose mounts the kernel side has found; undefined when it has not, for all of them. */
export const exportsOf = (superblocks: readonly Superblock[]): ExportsByDevice | undefined => {
  const exports = new Map<string, string>();
  for (const { device, mounts } of superblocks) {
    if (mounts === undefined) return undefined;
    for (const { source } of mounts) enter(exports, device, source);
  }
  return exports;
};

const enter = (exports: Map<string, string>, device: string, source: string): void => {
  const path = pathOf(source);
  const other = exports.get(device);
  exports.set(device, other === undefined ? path : commonFolder(other, path));
};

const unescape = (field: string): string => {
  const bytes = field.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
};

// From `server:/path` or `[address]:/path`.
const pathOf = (source: string): string => {
  const host = source.startsWith('[') ? source.indexOf(']') + 1 : source.indexOf(':');
  return source.slice(host + 1).replace(/\/+$/, '') || '/';
};
