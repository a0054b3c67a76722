import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accelerator } from './accelerator.ts';
import { writeInitrd } from './initrd.ts';
import type { Kernel } from './kernel.ts';
import { start } from './process.ts';
import { withScratch } from './scratch.ts';

export interface Machine {
  readonly kernel: Kernel;
  readonly labRoot: string;
  /** Folder both sides write, /lab in the guest. */
  readonly share: string;
  readonly accelerator: Accelerator;
  /** More words for the kernel's command line. Those with `=` and no dot are variables of the guest's first process. */
  readonly append: string;
  /** `job` runs /lab/job.sh and powers off; `shell` gives this terminal a root shell. */
  readonly mode: 'job' | 'shell';
  /** As of a scenario. */
  readonly countedClock?: boolean;
  readonly timeoutMs: number;
}

export type Ending = { readonly status: number } | { readonly died: string };

/** Boots, passes the guest's output to stdout as it comes, and returns when the guest is off. */
export const boot = (machine: Machine): Promise<Ending> =>
  withScratch('nfscope-boot-', async (work) => {
    const { kernel, share, mode } = machine;
    const initrd = join(work, 'initrd.gz');
    await writeInitrd(kernel, machine.labRoot, initrd);
    const size = `LAB_ROWS=${process.stdout.rows ?? 24} LAB_COLUMNS=${process.stdout.columns ?? 80}`;
    const qemu = start(
      'qemu-system-x86_64',
      [
        ...hardware(machine.accelerator, machine.countedClock),
        ...['-kernel', kernel.image, '-initrd', initrd],
        ...[
          '-append',
          `${commandLine} LAB_MODE=${mode} LAB_KERNEL=${kernel.release} LAB_CLOCK=${Math.floor(Date.now() / 1000)} ${size} ${machine.append}`,
        ],
        ...shared('host', '/', true),
        ...shared('root', machine.labRoot, true),
        ...shared('modules', join(kernel.folder, 'lib', 'modules', kernel.release), true),
        ...shared('lab', share, false),
        ...['-serial', `file:${join(share, 'out', 'console.log')}`],
        // A virtio port blocks its writer when the reader is slow, and passes every byte as it is. A shell wants a terminal.
        ...(mode === 'shell'
          ? ['-chardev', 'stdio,id=line,signal=off', '-serial', 'chardev:line']
          : ['-chardev', 'stdio,id=line,signal=off', '-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=line,name=lab']),
      ],
      // An end of stdin would disconnect the port, and the guest's writes would wait for ever: the pipe stays open.
      { stdio: [mode === 'shell' ? 'inherit' : 'pipe', 'inherit', 'pipe'] },
    );
    let errors = '';
    qemu.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      qemu.kill('SIGKILL');
    }, machine.timeoutMs);
    const code = await new Promise<number | null>((resolve, reject) => qemu.on('error', reject).on('close', resolve));
    clearTimeout(limit);
    if (late) return { died: `the guest was not done after ${machine.timeoutMs / 1000} s` };
    const status = await readFile(join(share, 'status'), 'utf8').catch(() => '');
    if (status.trim() !== '') return { status: Number(status) };
    if (mode === 'shell' && code === 0) return { status: 0 };
    return { died: `qemu ended without the guest's exit status${errors ? `: ${errors.trim().split('\n').at(-1)}` : ''}` };
  });

/**
 * The emulated time stamp counter jumps between the processors; without nokaslr a crash in the console log has no names; a
 * host that is busy gives the timer no turn while the kernel checks it, which then panics.
 */
export const commandLine = 'console=ttyS0 panic=-1 mitigations=off nokaslr tsc=unstable no_timer_check';

/**
 * What costs an emulator more than it saves: copies and clears byte by byte (erms), the end of a translation at each access to
 * user space (smap), one level more of page tables, vectors in the state of a process. Fifty processes start in 3.7 s instead of 5.1, 40 MB
 * are copied in 0.5 s instead of 1.5, two-pods takes 127 s instead of 138: measured side by side.
 */
const EMULATED = 'max,-erms,-fsrm,-smap,-la57,-avx,-avx2,-xsave';

/**
 * Emulated processors take turns on one thread: on threads of their own, qemu 7.2 now and then runs an int3 that the kernel
 * had already patched out again, which is an oops, and a whole run is no faster for it.
 * A counted clock makes an instruction 2 ns long: what this machine does in between takes no time in the guest. One processor
 * then, since the other's turn would.
 */
export const hardware = (accelerator: Accelerator, countedClock = false): string[] => [
  ...(accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=single', '-cpu', EMULATED]),
  ...(accelerator === 'tcg' && countedClock ? ['-icount', 'shift=1', '-smp', '1'] : ['-smp', '2']),
  ...['-m', '2560', '-display', 'none', '-vga', 'none', '-no-reboot', '-nic', 'none', '-monitor', 'none', '-no-user-config'],
];

const shared = (tag: string, path: string, readonly: boolean): string[] => [
  '-virtfs',
  // A comma in a path is written twice in qemu's options; remap keeps inodes of several host devices apart.
  `local,path=${path.replaceAll(',', ',,')},mount_tag=${tag},security_model=none,multidevs=remap,readonly=${readonly ? 'on' : 'off'}`,
];
