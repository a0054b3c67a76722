// Runs the commands of the other scripts: a line each with the seconds it took, and its output only when it fails.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
// Completes PATH.
import './needs.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

const children = new Set();
const end = (signal) => {
  for (const child of children) child.kill(signal);
  process.exit(128 + constants.signals[signal]);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
// Node ignores SIGPIPE, which ends other programs whose reader has gone (`npm run lab:matrix -- --list | head`).
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    end('SIGPIPE');
  });
}

const environment = {
  ...process.env,
  PATH: `${root}node_modules/.bin:${process.env['PATH']}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  NO_COLOR: '1',
};
// vitest and turbo warn when both are set.
delete environment['FORCE_COLOR'];

/** Seconds since `from`, for people. */
export const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/**
 * Starts a command in the root folder, or in `cwd`; node_modules/.bin is on its PATH. `line` is called with each line of its output
 * as it comes; with `terminal` it has ours instead. Resolves to { status, output }; status is 128 + the signal's number
 * or 127, as in a shell, when it did not exit by itself.
 */
export function run(command, parameters, { cwd = root, env = {}, line = () => {}, terminal = false, timeoutMs = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      cwd,
      env: { ...environment, ...env },
      stdio: terminal ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    let output = '';
    let rest = '';
    const take = (text) => {
      output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const one of lines) line(one);
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    const timer = timeoutMs > 0 ? setTimeout(() => child.kill('SIGTERM'), timeoutMs) : undefined;
    const settle = (status, said = '') => {
      clearTimeout(timer);
      children.delete(child);
      take(said);
      if (rest !== '') line(rest);
      resolve({ status, output });
    };
    child.on('error', (error) => settle(127, `${error.message}\n`));
    child.on('close', (code, signal) => settle(code ?? 128 + constants.signals[signal]));
  });
}

/** Says how long a step has taken so far: on a terminal over itself, elsewhere rarely, since it stays. */
const tick = (from) => {
  const show = () => {
    const text = seconds(from);
    process.stdout.write(process.stdout.isTTY ? `${text}\x1b[${text.length}D` : `${text} ... `);
  };
  return setInterval(show, process.stdout.isTTY ? 1000 : 10_000);
};

/** Runs a command as one step; says whether it went well. */
export async function step(name, command, parameters, options = {}) {
  const from = performance.now();
  process.stdout.write(`${name} ... `);
  const ticking = tick(from);
  const { status, output } = await run(command, parameters, options);
  clearInterval(ticking);
  if (status === 0) {
    process.stdout.write(`${seconds(from)}\n`);
    return true;
  }
  process.stdout.write(`failed with status ${status} after ${seconds(from)}\n`);
  process.stdout.write(`  ${command} ${parameters.join(' ')}\n${output.replace(/^/gm, '  ').trimEnd()}\n`);
  return false;
}
