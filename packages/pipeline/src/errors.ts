import { printable } from './printable.ts';

/**
 * Every error a user can meet: code, what it means, how to mend it. docs/errors.md is generated from this table.
 * A code is never reused and never changes its meaning.
 */
export const errors = {
  'NFS-101': { title: 'The configuration cannot be read', mend: 'Give --config a file that exists and that this user may read.' },
  'NFS-102': { title: 'The configuration is not valid YAML', mend: 'Mend the line shown; indentation is spaces, two a level.' },
  'NFS-103': {
    title: 'The configuration has a key or a value that is not allowed',
    mend: 'Mend the line shown; `nfscope components` lists the types, docs/configuration.md the keys.',
  },
  'NFS-104': {
    title: 'The configuration refers to something that is not there',
    mend: 'Define the component, or take it out of the pipeline.',
  },
  'NFS-105': { title: 'The command line is wrong', mend: 'See `nfscope --help`.' },
  'NFS-201': { title: 'Loading BPF programs is not permitted', mend: 'Run as root, or give the process CAP_BPF and CAP_PERFMON.' },
  'NFS-202': { title: 'The kernel has no NFS client loaded', mend: 'Mount an NFS volume first, or run `modprobe nfs`.' },
  'NFS-203': {
    title: 'The kernel does not fit the BPF program',
    mend: 'A kernel from 5.10 on with BTF (/sys/kernel/btf/vmlinux) is needed; see docs/kernels.md.',
  },
  'NFS-204': {
    title: 'The BPF program and this build do not belong together',
    mend: 'Install @nfscope/bpf and @nfscope/receiver-nfs of the same version.',
  },
  'NFS-205': { title: 'The native addon is not there', mend: 'Run `npm run build`, which compiles it; it needs Linux.' },
  'NFS-206': {
    title: 'Another agent has taken over what is pinned',
    mend: 'Run one agent a node, or give each a `pin_path` of its own.',
  },
  'NFS-207': {
    title: 'The BPF file system cannot be used',
    mend: 'Mount it (`mount -t bpf bpf /sys/fs/bpf`) and let this user write there, or leave `pin_path` empty.',
  },
  'NFS-301': {
    title: 'The address to listen on is taken or not allowed',
    mend: 'Set another `endpoint`, or end the process that holds it.',
  },
  'NFS-302': {
    title: 'A server that the start waits for does not answer',
    mend: 'Check that it is there and may be reached, or let the start not wait for it (`wait_for_metadata: false`).',
  },
  'NFS-401': { title: 'A file or folder of the node cannot be read', mend: 'Check the path, and that it is mounted into the container.' },
  'NFS-402': {
    title: 'The recording does not fit this build, or is none',
    mend: 'Replay it with the version that made it, or make another with `nfscope record`.',
  },
  'NFS-403': { title: 'A file cannot be written', mend: 'Check the path, the rights, and the room on the disk.' },
  'NFS-404': {
    title: 'The folder of a queue is in use',
    mend: 'End the process that uses it, or give each exporter of each agent a folder of its own.',
  },
  'NFS-405': {
    title: 'The folder of a queue was written by another version',
    mend: 'Let that version send what is in it, or give this one another folder.',
  },
} as const satisfies Record<string, { title: string; mend: string }>;

/** A key of `errors`: NFS- and three digits. */
export type ErrorCode = keyof typeof errors;

export interface ErrorDetails {
  readonly mend?: string | undefined;
  readonly cause?: unknown;
  readonly excerpt?: string | undefined;
}

/** An error for a person: what happened, where, how to mend it. */
export class NfscopeError extends Error {
  override readonly name = 'NfscopeError';
  readonly code: ErrorCode;
  readonly where: string;
  readonly mend: string;
  /** The line of a file it is about, with a caret below; safe in a terminal. */
  readonly excerpt: string | undefined;

  /** `what` is one line; `where` is a file with line and column, an address, or a component id; `mend` replaces the table's when more is known. */
  constructor(code: ErrorCode, what: string, where: string, options: ErrorDetails = {}) {
    super(what, { cause: options.cause });
    this.code = code;
    this.where = where;
    this.mend = options.mend ?? errors[code].mend;
    this.excerpt = options.excerpt;
  }

  /** One line: code, where, what, mend. Names out of files and from servers cannot break it. */
  toLine(): string {
    return printable(`${this.code} ${this.where}: ${this.message}. ${this.mend}`);
  }

  /** The line, and the excerpt below it where there is one. */
  toText(): string {
    return this.excerpt === undefined ? this.toLine() : `${this.toLine()}\n${this.excerpt}`;
  }
}

/** Thrown by an exporter: trying this batch again cannot help. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

/** Thrown by an exporter: the backend asks to wait before this batch, or any other, is tried again. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  /** Milliseconds from now. */
  readonly waitMs: number;

  constructor(message: string, waitMs: number, options: ErrorOptions = {}) {
    super(message, options);
    this.waitMs = waitMs;
  }
}
