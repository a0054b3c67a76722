import { duration } from '@nfscope/pipeline';
import { DURATION_BOUNDS, rpcPrograms, SIZE_BOUNDS } from '@nfscope/semconv';
import * as z from 'zod';
import { MOST_VARIABLES } from './processes.ts';

/** One bucket more than bounds, and the kernel's rows have 20 (NFS_BUCKETS). */
const MOST_BOUNDS = 19;

const bounds = (scale: number) =>
  z
    .array(z.number().positive())
    .min(1)
    .max(MOST_BOUNDS, `at most ${MOST_BOUNDS} bounds fit a row of the kernel's table`)
    .refine((list) => list.every((bound, i) => i === 0 || bound > list[i - 1]!), 'bounds must ascend')
    .refine((list) => list.every((bound) => Number.isSafeInteger(Math.round(bound * scale))), 'a bound is too large');

const distinct = (list: readonly string[]) => new Set(list).size === list.length;

const powerOfTwo = (bytes: number) => Number.isInteger(Math.log2(bytes));

/** The configuration of `nfs`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  events: z
    .enum(['off', 'slow', 'all'])
    .default('slow')
    .describe('Which single operations come through the ring: none, the failed and the slow, or all. Totals never depend on it.'),
  slow_threshold: duration().prefault('1s').describe('An operation that takes as long as this is slow.'),
  ring_size: z
    .number()
    .int()
    .min(65536)
    .max(1 << 30)
    .refine(powerOfTwo, 'expected a power of two')
    .default(1 << 20)
    .describe('Bytes of the event ring in the kernel; a power of two.'),
  max_rows: z
    .number()
    .int()
    .min(256)
    .max(1 << 20)
    .default(12000)
    .describe('Rows of the table of totals, one for each (cgroup, rpc client, operation, error); 878 bytes of kernel memory each.'),
  duration_bounds: bounds(1e9)
    .default([...DURATION_BOUNDS])
    .describe('Upper bounds of the duration, rtt and queue histograms, in seconds.'),
  size_bounds: bounds(1)
    .default([...SIZE_BOUNDS])
    .describe('Upper bounds of the size histogram, in bytes.'),
  rpc_programs: z
    .array(z.enum(rpcPrograms))
    .min(1, 'expected at least one program')
    .refine(distinct, 'a program is listed twice')
    .default(['nfs'])
    .describe(
      'What is counted: the operations of NFS, and on request what the client calls beside it, each under the name of its program and never mixed with NFS.',
    ),
  job_variables: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,31}$/, 'expected the name of an environment variable, of at most 32 letters'))
    .max(MOST_VARIABLES, `at most ${MOST_VARIABLES} variables`)
    .refine(distinct, 'a variable is listed twice')
    .default([])
    .describe(
      'Environment variables that name a job, as SLURM_JOB_ID or RAY_JOB_ID. Read once a process, from its environment at its start; 63 bytes of a value are kept. Every process says what it likes there.',
    ),
  vfs: z
    .boolean()
    .default(true)
    .describe(
      'Counts the application’s side too: calls and bytes of reads, writes, splices and page faults at the page cache, so that cache hits and amplification can be told. Every buffered read and write of the node then runs a few instructions more.',
    ),
  totals_interval: duration(100).prefault('1s').describe('How often totals are read.'),
  pin_path: z
    .string()
    .refine((path) => path === '' || path.startsWith('/'), 'expected an absolute path')
    .default('')
    .describe(
      'Folder on a BPF file system, such as /sys/fs/bpf/nfscope: totals kept there go on while the agent is restarted or upgraded. Empty: they end with it.',
    ),
  recording: z
    .strictObject({
      file: z.string().default('').describe('File that gets all of it, to be played by `nfs_replay`; none when empty.'),
      procfs: z.string().min(1, 'expected a path').default('/proc').describe('Root of the procfs of the node, whose mounts are recorded.'),
    })
    .prefault({})
    .describe('Writes down what the kernel says; `nfscope record` sets it.'),
  btf: z.string().default('').describe('File with the types of the kernel; the running kernel’s own when empty.'),
});

/** A configuration of `nfs`, checked, with its defaults. */
export type Config = z.infer<typeof config>;
