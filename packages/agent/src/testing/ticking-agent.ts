// The command with a receiver that needs no kernel: a tick every 20 ms, and what a user's mishaps need of a component.
import { debugExporterFactory } from '@nfscope/exporter-debug';
import { otlpGrpcExporterFactory } from '@nfscope/exporter-otlp';
import { defineConnector, defineReceiver, NfscopeError } from '@nfscope/pipeline';
import { map, Subject } from 'rxjs';
import * as z from 'zod';
import { runProcess } from '../run-process.ts';

const tick = defineReceiver({
  type: 'tick',
  description: 'Ticks.',
  config: z.strictObject({
    start: z
      .enum(['well', 'refused', 'broken', 'brief'])
      .default('well')
      .describe('How the start goes; brief: well, but the first tick fails.'),
    shutdown: z.enum(['well', 'never']).default('well').describe('How the shutdown goes.'),
  }),
  signals: {
    nfs: {
      stability: 'development',
      create: ({ start, shutdown }, { log }) => {
        const output = new Subject<any>();
        let timer: NodeJS.Timeout | undefined;
        return {
          output,
          start: async () => {
            log.info('ticking is near');
            if (start === 'refused') throw new NfscopeError('NFS-201', 'the kernel says no', 'nfs.bpf.o');
            if (start === 'broken') throw new TypeError('undefined is not a function');
            if (start === 'brief') setImmediate(() => output.error(new NfscopeError('NFS-202', 'the module is gone', 'sunrpc')));
            timer = setInterval(() => output.next({ timeMs: Date.now(), totals: { length: 0 }, events: { length: 0 } }), 20);
          },
          shutdown: () => {
            if (shutdown === 'never') return new Promise<never>(() => {});
            clearInterval(timer);
            output.complete();
            return Promise.resolve();
          },
        };
      },
    },
  },
});

const snapshot = defineConnector({
  type: 'snapshot',
  description: 'Turns ticks into snapshots of the time.',
  config: z.strictObject({}),
  from: 'nfs',
  to: 'metrics',
  stability: 'development',
  create: () => ({
    connect: (ticks) =>
      ticks.pipe(
        map(({ timeMs }) => {
          const points = {
            length: 1,
            resource: Uint32Array.of(0),
            attributes: [{}],
            startMs: Float64Array.of(0),
            value: Float64Array.of(timeMs),
          };
          const time = { name: 'tick.time', unit: 'ms', description: 'When it ticked.', type: 'gauge', points } as const;
          return { timeMs, resources: [{}], scope: { name: 'tick', version: '0' }, metrics: [time] };
        }),
      ),
  }),
});

await runProcess([tick, snapshot, debugExporterFactory, otlpGrpcExporterFactory]);
