import { LabError } from './lab-error.ts';
import { find } from './process.ts';

/** Programs of the host and the packages they are in. What only the guest needs comes from the lab root. */
const programs: ReadonlyMap<string, string> = new Map([
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['depmod', 'kmod'],
  ['modprobe', 'kmod'],
  ['gcc', 'gcc libc6-dev'],
]);

/** Refuses with the one command that brings what is missing. */
export function needPrograms(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new LabError(`the lab runs on Linux on x86-64, this is ${process.platform} on ${process.arch}`);
  const missing = [...programs].filter(([program]) => !find(program));
  if (missing.length === 0) return;
  const packages = new Set(missing.map(([, name]) => name));
  const names = missing.map(([program]) => program).join(', ');
  throw new LabError(
    `missing on this machine: ${names}. Run \`apt-get install --no-install-recommends ${[...packages].join(' ')}\` as root`,
  );
}
