import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accelerator } from './accelerator.ts';
import { Checks, type Tally } from './checks.ts';
import { help, parse, type Command } from './command-line.ts';
import { kernel, NoKernel } from './kernel.ts';
import { LabError } from './lab-error.ts';
import { labRoot } from './lab-root.ts';
import { boot, type Ending } from './machine.ts';
import { needPrograms } from './needs.ts';
import { say } from './progress.ts';
import { checkRights } from './rights.ts';
import { withScratch } from './scratch.ts';
import { scenarios } from './scenarios/index.ts';
import { fillShare, needBundle } from './share.ts';

/** A job may take as long as its author likes, short of blocking a machine for ever. */
const JOB_LIMIT_MS = 30 * 60_000;
const SHELL_LIMIT_MS = 24 * 60 * 60_000;
/** Guests side by side, as in the matrix, share the processors: handover took 152 s on one machine, more than 1200 on another. */
const BUSY = 3;

async function main(command: Command): Promise<number> {
  if (command.do === 'help') {
    process.stdout.write(help);
    return 0;
  }
  if (command.do === 'list') {
    for (const { name, about } of scenarios) process.stdout.write(`${name.padEnd(16)} ${about}\n`);
    return 0;
  }
  needPrograms();
  if (command.do !== 'shell') needBundle();
  return withScratch('nfscope-lab-', (share) => inGuest(command, share)).catch(async (error: unknown) => {
    if (!(error instanceof NoKernel) || command.do !== 'scenario') throw error;
    // What Debian does not give to this machine says nothing about nfscope.
    const checks = new Checks();
    checks.skip(`${command.scenario.name} on ${command.kernel}`, error.message);
    checks.close();
    await write(command.result, checks, '');
    return 0;
  });
}

async function inGuest(command: Exclude<Command, { do: 'help' | 'list' }>, share: string): Promise<number> {
  const image = await kernel(command.kernel);
  const root = await labRoot();
  const speed = await accelerator(image, root);
  await fillShare(
    share,
    command.do === 'job' ? { job: command.file } : command.do === 'scenario' ? { scenario: command.scenario.name } : {},
  );
  if (command.do === 'scenario') await command.scenario.prepare?.(share);
  say(`booting ${image.release} ${speed === 'kvm' ? 'in KVM' : 'emulated, about 20 times slower than this machine'}`);
  const append = [command.append, command.do === 'scenario' ? command.scenario.append : undefined, `LAB_RIGHTS=${command.rights}`];
  const machine = { kernel: image, labRoot: root, share, accelerator: speed, append: append.filter(Boolean).join(' ') } as const;

  if (command.do === 'shell') return exitStatus(await boot({ ...machine, mode: 'shell', timeoutMs: SHELL_LIMIT_MS }));
  const timeoutMs = command.do === 'job' ? JOB_LIMIT_MS : command.scenario.timeoutMs * BUSY;
  const ending = await boot({
    ...machine,
    mode: 'job',
    timeoutMs,
    ...(command.do === 'scenario' && command.scenario.countedClock ? { countedClock: true } : {}),
  });
  say('the guest is off');
  const out = join(share, 'out');
  if (command.do === 'job') {
    await keep(out, command.out);
    return exitStatus(ending);
  }
  const checks = new Checks();
  checks.that(`${command.scenario.name} ran to its end on ${image.release}`, 'status' in ending && ending.status === 0, describe(ending));
  try {
    const without = await readFile(join(out, 'skipped'), 'utf8').catch(() => undefined);
    if (without === undefined) {
      if (!command.scenario.ownRights) await checkRights(out, command.rights, checks);
      await command.scenario.check(out, checks);
    } else checks.skip(`${command.scenario.name} on ${image.release}`, without.trim());
  } catch (error) {
    checks.that('what the guest left behind can be read', false, (error as Error).message);
  }
  const passed = checks.close();
  await write(command.result, checks, image.release);
  await keep(out, command.out ?? (passed ? undefined : await mkdtemp(join(tmpdir(), `nfscope-${command.scenario.name}-`))));
  return passed ? 0 : 1;
}

/** What the matrix reads. */
async function write(file: string | undefined, { passed, failed, skipped }: Tally, release: string): Promise<void> {
  if (file !== undefined) await writeFile(file, JSON.stringify({ release, passed, failed, skipped }));
}

async function keep(from: string, to: string | undefined): Promise<void> {
  if (!to) return;
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  say(`what the guest left is in ${to}`);
}

function exitStatus(ending: Ending): number {
  if ('status' in ending) return ending.status;
  say(ending.died);
  return 1;
}

const describe = (ending: Ending): string => ('status' in ending ? `exit status ${ending.status}` : ending.died);

try {
  process.exitCode = await main(parse(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = 2;
}
