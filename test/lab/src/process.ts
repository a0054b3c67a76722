import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { accessSync, constants as access } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

// A user's PATH on Debian has no sbin, where kmod lives.
const searchPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
const children = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
const end = (signal: NodeJS.Signals): never => process.exit(128 + constants.signals[signal]);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
// Node ignores SIGPIPE, which ends other programs whose reader has gone (`lab --list | head`).
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    end('SIGPIPE');
  });
}

/** Full path of a program, or undefined. */
export function find(program: string): string | undefined {
  for (const folder of searchPath.split(':')) {
    const path = join(folder, program);
    try {
      accessSync(path, access.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** A child that does not outlive the lab, whatever ends it: pdeathsig covers SIGKILL, where no handler of ours runs. */
export function start(program: string, parameters: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...parameters], {
    ...options,
    env: { ...process.env, PATH: searchPath, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...options.env },
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

/** stdout of a command; an error with the last lines of stderr when it fails. */
export function run(program: string, parameters: readonly string[], options: { cwd?: string; input?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = start(program, parameters, { stdio: ['pipe', 'pipe', 'pipe'], ...(options.cwd ? { cwd: options.cwd } : {}) });
    let output = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.stdin?.on('error', () => undefined).end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new Error(
            `${program} ${parameters.slice(0, 4).join(' ')}: ${signal ?? `exit ${code}`}: ${errors.trim().split('\n').slice(-3).join(' | ')}`,
          ),
        );
    });
  });
}
