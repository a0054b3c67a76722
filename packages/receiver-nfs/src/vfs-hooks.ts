import { nfsVfs } from '@nfscope/model';
import type { Hook } from './hooks.ts';

const without = (what: string): string => `the application’s side has no ${what}`;

/** Of the application’s side: where the page cache is asked for something. */
export const vfsHooks: readonly Hook[] = [
  {
    name: 'filemap_read',
    needed: false,
    without: without('reads'),
    ways: [
      { program: 'vfs_read', type: 'fexit', function: 'filemap_read', calls: [nfsVfs.READ, nfsVfs.SPLICE] },
      { program: 'vfs_buffered_read', type: 'fexit', function: 'generic_file_buffered_read', calls: [nfsVfs.READ, nfsVfs.SPLICE] },
    ],
  },
  {
    name: 'generic_perform_write',
    needed: false,
    without: without('writes'),
    ways: [{ program: 'vfs_write', type: 'fexit', function: 'generic_perform_write', calls: [nfsVfs.WRITE] }],
  },
  {
    name: 'filemap_splice_read',
    needed: false,
    // Before 6.5 a splice is a read into a pipe, which the program of reads tells apart.
    newer: true,
    without: without('splices'),
    ways: [{ program: 'vfs_splice', type: 'fexit', function: 'filemap_splice_read', calls: [nfsVfs.SPLICE] }],
  },
  {
    name: 'filemap_fault',
    needed: false,
    without: without('page faults'),
    ways: [{ program: 'vfs_fault', type: 'fentry', function: 'filemap_fault', calls: [nfsVfs.FAULT] }],
  },
  {
    name: 'do_page_mkwrite',
    needed: false,
    without: without('faults that make a page writable'),
    ways: [{ program: 'vfs_write_fault', type: 'fentry', function: 'do_page_mkwrite', calls: [nfsVfs.WRITE_FAULT] }],
  },
];
