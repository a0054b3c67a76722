// The whole agent with a receiver that needs no NFS: `agent-child.js rows NUMBER` has that many rows of totals change
// every second, `agent-child.js program BTF TASK` loads the program and runs it once, on the task at that address.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { components, nfscope } from '@nfscope/agent';
import type { NfsBatch } from '@nfscope/model';
import { defineReceiver } from '@nfscope/pipeline';
import { nfsReceiverConfig } from '@nfscope/receiver-nfs';
import { Subject } from 'rxjs';
import * as z from 'zod';
import { totalsBatches } from './totals-batch.ts';
import { insides } from './tree.ts';

const [kind, first, task] = process.argv.slice(2);
/** totals_interval, as it is by default. */
const TICK_MS = 1000;

/** What makes the batches, taken when the agent starts its receivers. */
const source = async (): Promise<() => NfsBatch | undefined> => {
  if (kind === 'rows') return totalsBatches(Number(first));
  const { load, batchReader } = await insides();
  const config = nfsReceiverConfig.parse({ btf: first });
  const { session } = load(config, 'bench');
  const read = batchReader(session, config);
  const context = BigUint64Array.of(BigInt(task!), 0n);
  session.testRun('rpc_task_begin', context);
  session.testRun('rpc_task_end', context);
  return () => read(Date.now(), { totals: true });
};

const receiver = defineReceiver({
  type: 'bench',
  description: 'Batches for a measurement.',
  config: z.strictObject({}),
  signals: {
    nfs: {
      stability: 'development',
      create: () => {
        const output = new Subject<NfsBatch>();
        return {
          output,
          start: async () => {
            const next = await source();
            const tick = (): void => {
              const batch = next();
              if (batch !== undefined) output.next(batch);
            };
            setTimeout(tick, 10);
            setInterval(tick, TICK_MS);
          },
        };
      },
    },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'nfscope-bench-'));
const file = join(folder, 'config.yaml');
writeFileSync(
  file,
  `receivers: { bench: }
connectors: { metrics: }
exporters: { prometheus: { endpoint: 127.0.0.1:0 } }
service:
  pipelines:
    nfs: { receivers: [bench], exporters: [metrics] }
    metrics: { receivers: [metrics], exporters: [prometheus] }
`,
);
process.on('message', (question) => {
  if (question === 'memory') process.send!(process.memoryUsage.rss());
});
await nfscope(['run', '--config', file], [...components, receiver], {
  env: process.env,
  stop: new AbortController().signal,
  out: () => undefined,
  err: (text) => {
    const url = /\((http:\S+)\)/.exec(text)?.[1];
    if (url === undefined) return void process.stderr.write(text);
    // It was read; whoever started this process ends it at once when it has seen enough.
    rmSync(folder, { recursive: true });
    process.send!(url);
  },
});
