import process from 'node:process';
import type { Factory } from '@nfscope/pipeline';
import { EMPTY, fromEvent } from 'rxjs';
import { nfscope } from './nfscope.ts';

/** npm hands on to us the Ctrl-C that the terminal has sent us already. */
const ECHO_MS = 200;

/** Runs the command in this process, with these components, and ends the process. */
export const runProcess = async (factories: readonly Factory[]): Promise<never> => {
  const stop = new AbortController();
  let last: { readonly signal: NodeJS.Signals; readonly ms: number } | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const ms = performance.now();
    const isEcho = last?.signal === signal && ms - last.ms < ECHO_MS;
    last ??= { signal, ms };
    // The first asks, the second insists.
    if (stop.signal.aborted && !isEcho) process.exit(1);
    stop.abort();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // Who reads may go away (`2>&1 | head`, a terminal that is closed): unheard, the next write would end the process amid its work.
  const streams = [process.stdin, process.stdout, process.stderr];
  for (const stream of streams) stream.on('error', () => {});
  // A terminal that is closed says the same as `kill -HUP`: what runs in one ends with it, in order. `nohup` leaves nothing on it.
  const inTerminal = streams.some(({ isTTY }) => isTTY);
  const reload = inTerminal ? EMPTY : fromEvent(process, 'SIGHUP');
  if (inTerminal) process.on('SIGHUP', onSignal);
  const code = await nfscope(process.argv.slice(2), factories, {
    env: process.env,
    stop: stop.signal,
    reload,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
  // Told to leave rather than left to run dry: a component that was given up at the deadline may still hold a socket.
  process.exit(code);
};
