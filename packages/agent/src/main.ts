import process from 'node:process';
import { components } from './components.ts';
import { nfscope } from './nfscope.ts';

const stop = new AbortController();
const onSignal = (): void => {
  // The first asks, the second insists.
  if (stop.signal.aborted) process.exit(1);
  stop.abort();
};
process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

// Told to leave rather than left to run dry: a component that was given up at the deadline may still hold a socket.
process.exit(
  await nfscope(process.argv.slice(2), components, {
    env: process.env,
    stop: stop.signal,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  }),
);
