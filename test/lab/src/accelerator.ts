import { accessSync, constants } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { PROBE_ANSWER, writeInitrd } from './initrd.ts';
import type { Kernel } from './kernel.ts';
import { commandLine, hardware } from './machine.ts';
import { run, start } from './process.ts';
import { step } from './progress.ts';
import { withScratch } from './scratch.ts';

export type Accelerator = 'kvm' | 'tcg';

/** A kernel that runs prints its line within 3 s under KVM, nested too. */
const PROBE_LIMIT_MS = 20_000;

/**
 * KVM where a kernel was seen to run in it: /dev/kvm may be there and usable and the guest still hang, under nested
 * virtualisation. The verdict holds until the host boots again or qemu changes.
 */
export async function accelerator(kernel: Kernel, labRoot: string): Promise<Accelerator> {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  const key = [
    await readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    await run('qemu-system-x86_64', ['--version']),
    kernel.release,
  ].join();
  const file = join(await cacheFolder(), `kvm-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`);
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known === 'kvm' || known === 'tcg') return known;
  const works = await step(`trying KVM, ${PROBE_LIMIT_MS / 1000} s at most`, () => probe(kernel, labRoot));
  const verdict = works ? 'kvm' : 'tcg';
  await writeFile(`${file}.${process.pid}`, verdict);
  await rename(`${file}.${process.pid}`, file);
  return verdict;
}

const probe = (kernel: Kernel, labRoot: string): Promise<boolean> =>
  withScratch('nfscope-probe-', async (work) => {
    await writeInitrd(kernel, labRoot, join(work, 'initrd.gz'));
    const boot = ['-kernel', kernel.image, '-initrd', join(work, 'initrd.gz'), '-append', `${commandLine} LAB_MODE=probe`];
    const qemu = start('qemu-system-x86_64', [...hardware('kvm'), ...boot, '-serial', 'stdio'], { stdio: ['ignore', 'pipe', 'ignore'] });
    return await new Promise((resolve) => {
      let console = '';
      const limit = setTimeout(() => qemu.kill('SIGKILL'), PROBE_LIMIT_MS);
      qemu.stdout?.setEncoding('utf8').on('data', (text: string) => (console += text));
      qemu.on('error', () => resolve(false));
      qemu.on('close', (code) => {
        clearTimeout(limit);
        resolve(code === 0 && console.includes(PROBE_ANSWER));
      });
    });
  });
