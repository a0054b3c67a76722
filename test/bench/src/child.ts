import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of its own, that answers questions: what it does to memory and the event loop is its own too. */
export interface Child {
  readonly process: ChildProcess;
  /** Sends a question and waits for the next answer. Rejects when the process ends instead. */
  ask(question: string): Promise<any>;
  /** The next thing it says by itself. */
  said(): Promise<any>;
  end(): Promise<void>;
}

/** How a process is started. */
export interface Launch {
  readonly nodeOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const plain: Launch = { nodeOptions: [], environment: {} };

/** Starts a module of this folder. What it writes to stderr is shown when it ends by itself. */
export const child = (module: string, args: readonly string[], { nodeOptions, environment } = plain): Child => {
  const file = fileURLToPath(new URL(module, import.meta.url));
  const forked = fork(file, args, {
    execArgv: [...nodeOptions],
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  forked.stderr!.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  const closed = new Promise<void>((resolve) => void forked.once('close', () => resolve()));
  const said = (): Promise<any> =>
    new Promise((resolve, reject) => {
      const stopped = (): void => reject(new Error(/^.*(?:Error: |FATAL ERROR).*$/m.exec(errors)?.[0] ?? `${module} ended`));
      const heard = (answer: unknown): void => {
        forked.off('close', stopped);
        resolve(answer);
      };
      forked.once('message', heard);
      forked.once('close', stopped);
    });
  return {
    process: forked,
    said,
    ask(question) {
      const answer = said();
      forked.send(question);
      return answer;
    },
    async end() {
      forked.kill('SIGKILL');
      await closed;
    },
  };
};
