import { LabError } from './lab-error.ts';
import { say } from './progress.ts';

/** As a command: makes a folder and prints where it is. What keeps it from being made is one line, and exit status 2. */
export async function printFolder(made: () => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await made()}\n`);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    say(error.message);
    process.exitCode = 2;
  }
}
