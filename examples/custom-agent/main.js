import process from 'node:process';
import { components, nfscope } from '@nfscope/agent';
import { teamProcessorFactory } from './team-processor.js';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

process.exitCode = await nfscope(process.argv.slice(2), [...components, teamProcessorFactory], {
  env: process.env,
  stop: stop.signal,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
