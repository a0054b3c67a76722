import { existsSync } from 'node:fs';
import type { NfsBatch } from '@nfscope/model';
import { NfscopeError, type ComponentContext, type Receiver } from '@nfscope/pipeline';
import { metrics } from '@opentelemetry/api';
import { Subject } from 'rxjs';
import { attachWhileMounted, type Attachments } from './attachments.ts';
import type { Config } from './config.ts';
import { passing } from './hooks.ts';
import { liveKernel, type KernelSide } from './kernel-side.ts';
import { loadPinned, type Tenancy } from './pins.ts';
import { load, type Program } from './program.ts';
import { batchReader, type Due, type Reader } from './reader.ts';
import { recordKernel } from './recorder.ts';
import { createRecording } from './recording-file.ts';
import type { Unexpected } from './rows.ts';
import { SUNRPC } from './refusal.ts';
import { measureReader } from './telemetry.ts';

/** An idle tick every 100 ms costs 0.2 % of a core, every 10 ms 1 %; the ring must hold what comes in between. */
const FASTEST_MS = 10;
const SLOWEST_MS = 100;
/** Mounts without a word from a new client are found this often. */
const WALK_MS = 10_000;
/** Bytes of the identities map: maps.bpf.h. */
const IDENTITY_RING = 1 << 18;
/** A kernel that has the types of NFS in its module alone is looked at again this often. */
const RETRY_MS = 1000;

/** A loaded program, and what reads it. */
interface Running {
  readonly attachments: Attachments;
  readonly tenancy: Tenancy | undefined;
  /** One tick; undefined when there is nothing to tell. */
  read(ms: number, due: Due): NfsBatch | undefined;
  close(): Promise<void>;
}

/** Counts every NFS RPC of the node from `start` on, while NFS is mounted, and tells it in batches. */
export function nfsReceiver(config: Config, context: ComponentContext): Receiver<'nfs'> {
  const output = new Subject<NfsBatch>();
  let running: Running | undefined;
  let timer: NodeJS.Timeout | undefined;
  let totalsMs = 0;
  let walkMs = 0;
  let failed = false;
  let held = false;

  function tick(pauseMs: number): void {
    try {
      running!.tenancy?.check();
      const ms = Date.now();
      const totals = ms - totalsMs >= config.totals_interval;
      const walk = totals && ms - walkMs >= WALK_MS;
      // What is mounted is looked for at every tick: what it does before we are attached is not counted.
      if (totals || running!.attachments.list().length === 0) running!.attachments.follow();
      if (totals) running!.tenancy?.beat(Number(process.hrtime.bigint()) / 1e6);
      const batch = held ? undefined : running!.read(ms, { totals, walk });
      if (totals && !held) totalsMs = ms;
      if (walk && !held) walkMs = ms;
      if (batch !== undefined) output.next(totals ? { ...batch, programs: running!.attachments.states() } : batch);
      const nextMs = batch !== undefined && batch.events.length > 0 ? FASTEST_MS : Math.min(SLOWEST_MS, pauseMs * 2);
      timer = setTimeout(tick, nextMs, nextMs);
    } catch (error) {
      failed = true;
      output.error(error);
    }
  }

  /** Tries again until the NFS client is loaded. */
  async function retry(): Promise<void> {
    try {
      if (existsSync(SUNRPC)) running = await begin(config, context);
      if (running === undefined) timer = setTimeout(() => void retry(), RETRY_MS);
      else tick(FASTEST_MS);
    } catch (error) {
      output.error(error);
    }
  }

  return {
    output,
    hold(wanted) {
      held = wanted;
    },
    async start() {
      try {
        running = await begin(config, context);
      } catch (error) {
        if (!(error instanceof NfscopeError && error.code === 'NFS-202')) throw error;
        context.log.info('waiting for the NFS client of this kernel');
        timer = setTimeout(() => void retry(), RETRY_MS);
        return;
      }
      if (running.attachments.list().length === 0) context.log.info('waiting for an NFS mount');
      timer = setTimeout(tick, FASTEST_MS, FASTEST_MS);
    },
    async shutdown() {
      clearTimeout(timer);
      const ending = running;
      running = undefined;
      // Nobody hears it after a failure, and the rings may be another agent's by now.
      const last = failed ? undefined : ending?.read(Date.now(), { totals: true, walk: false });
      if (last !== undefined) output.next(last);
      output.complete();
      await ending?.close();
    },
  };
}

/** The kernel's name stands: it is the one that mountstats shows. */
const warnOf =
  ({ log }: ComponentContext): Unexpected =>
  ({ name, program, version }, number) =>
    log.warn('the kernel names an operation as the protocol does not', { program, version, number, name });

async function begin(config: Config, context: ComponentContext): Promise<Running> {
  const nowMs = Date.now();
  const { program, tenancy } = config.pin_path === '' ? { program: load(config, context.id), tenancy: undefined } : await pinned();

  async function pinned(): Promise<{ program: Program; tenancy: Tenancy }> {
    const { replaced, ...kept } = await loadPinned(config, context.id, nowMs);
    if (replaced.length > 0)
      context.log.warn('totals begin anew: those that were pinned have another layout or other settings', { replaced });
    else if (kept.tenancy.startMs !== nowMs) context.log.info('totals go on', { since: new Date(kept.tenancy.startMs).toISOString() });
    return kept;
  }

  try {
    const { session } = program;
    const attachments = attachWhileMounted(program, tenancy?.fastening ?? passing(program), context.id, context.log);
    attachments.follow();
    const startMs = tenancy?.startMs ?? nowMs;
    const kernel = liveKernel(session, config.max_rows, tenancy?.identities);
    const reading =
      config.recording.file === '' ? unrecorded(kernel, config, startMs, context) : await recorded(kernel, config, startMs, context);
    const limits = { events: config.ring_size, identities: IDENTITY_RING };
    const measured = measureReader(reading.read, session, limits, context.meter ?? metrics.getMeter('nfscope', context.version));
    return {
      attachments,
      tenancy,
      read: measured.read,
      async close() {
        measured.close();
        session.close();
        await reading.close();
      },
    };
  } catch (error) {
    program.session.close();
    throw error;
  }
}

interface Reading {
  readonly read: Reader;
  close(): Promise<void>;
}

const unrecorded = (kernel: KernelSide, config: Config, startMs: number, context: ComponentContext): Reading => ({
  read: batchReader(kernel, config, startMs, warnOf(context)),
  close: async () => undefined,
});

async function recorded(kernel: KernelSide, config: Config, startMs: number, context: ComponentContext): Promise<Reading> {
  const { max_rows, duration_bounds, size_bounds, job_variables, recording } = config;
  const writer = await createRecording(recording.file, { start_ms: startMs, max_rows, duration_bounds, size_bounds, job_variables });
  const { kernel: noted, commit } = recordKernel(kernel, writer, recording.procfs);
  const read = batchReader(noted, config, startMs, warnOf(context));
  return {
    read(ms, due) {
      const batch = read(ms, due);
      commit(ms, due, batch);
      return batch;
    },
    async close() {
      const bytes = await writer.close();
      context.log.info('recorded', { file: recording.file, bytes, seconds: Math.round((Date.now() - startMs) / 1000) });
    },
  };
}
