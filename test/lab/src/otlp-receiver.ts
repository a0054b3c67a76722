import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startBackend } from '@nfscope/test-otlp-backend';
import type { Arrival } from './arrivals.ts';

/* An OTLP/gRPC backend that adds each request it could decode to a file, a line of JSON, before it answers. */

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '' }, file: { type: 'string', default: '' } } });

async function main(): Promise<void> {
  await startBackend({
    port: Number(options.port),
    answer: (_, { message }) => {
      const arrival: Arrival = { atMs: Date.now(), receiver: process.pid, message };
      appendFileSync(options.file, `${JSON.stringify(arrival)}\n`);
      return undefined;
    },
  });
  process.stdout.write('listening\n');
}

void main();
