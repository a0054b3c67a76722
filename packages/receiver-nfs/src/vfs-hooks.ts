import { nfsVfs } from '@nfscope/model';
import { parameters, type KernelError } from '@nfscope/native';
import type { Hook, Way } from './hooks.ts';

/** A way to one of the kernel's functions; what it counts is an entry of the map `counting`. */
const way = (program: string, calls: number, type: 'fexit' | 'fentry' = 'fexit'): Way => ({ program, type, calls });
const without = (what: string) => `${what} of the application’s side are not counted`;

/** Where the page cache is asked for something, by kernel function; the first there is serves. */
const places: readonly { readonly functions: Readonly<Record<string, Way>>; readonly without: string }[] = [
  {
    functions: { filemap_read: way('vfs_read', nfsVfs.READ), generic_file_buffered_read: way('vfs_buffered_read', nfsVfs.READ) },
    without: without('reads'),
  },
  { functions: { generic_perform_write: way('vfs_write', nfsVfs.WRITE) }, without: without('writes') },
  { functions: { filemap_splice_read: way('vfs_splice', nfsVfs.SPLICE) }, without: without('splices') },
  { functions: { filemap_fault: way('vfs_fault', nfsVfs.FAULT, 'fentry') }, without: without('page faults') },
  {
    functions: { do_page_mkwrite: way('vfs_write_fault', nfsVfs.WRITE_FAULT, 'fentry') },
    without: without('faults that make a page writable'),
  },
];

/** The application's side, as far as this kernel has it. */
export interface VfsHooks {
  readonly hooks: readonly Hook[];
  /** Programs that hook what this kernel has not: it would refuse them. */
  readonly except: readonly string[];
  /** Whether generic_perform_write takes a file, as it did before 5.18. */
  readonly writeTakesFile: boolean;
}

export function vfsHooks(wanted: boolean): VfsHooks {
  const all = places.flatMap(({ functions }) => Object.entries(functions));
  const counts = wanted ? knownParameters(all.map(([name]) => name)) : [];
  const parametersOf = new Map(all.map(([name], i) => [name, counts[i]]));
  return {
    hooks: wanted
      ? places.flatMap(({ functions, without }) => {
          const [name] = Object.keys(functions).filter((one) => parametersOf.get(one) !== undefined);
          if (name !== undefined) return [{ name, needed: false, without, ways: [functions[name]!] }];
          // Before 6.5 a splice is a read into a pipe, which the program of reads tells apart.
          const [absent] = Object.keys(functions);
          return absent === 'filemap_splice_read' ? [] : [{ name: absent!, needed: false, without, ways: [] }];
        })
      : [],
    except: all.filter(([name]) => parametersOf.get(name) === undefined).map(([, { program }]) => program),
    writeTakesFile: parametersOf.get('generic_perform_write') === 3,
  };
}

/** A kernel without types of its own has no trampolines either. */
function knownParameters(functions: readonly string[]): (number | undefined)[] {
  try {
    return parameters(functions);
  } catch (error) {
    if ((error as KernelError).stage === undefined) throw error;
    return functions.map(() => undefined);
  }
}
