import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Kernel } from './kernel.ts';
import { run } from './process.ts';

const modules = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay'];
const applets = ['sh', 'cat', 'echo', 'insmod', 'mkdir', 'mount', 'poweroff', 'switch_root'];

/** What the probe boot says when the kernel runs. */
export const PROBE_ANSWER = 'the kernel runs';

// 9p of the host's root is cached loosely since it is read-only; the share is not, so that both sides see writes at once.
const init = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
if [ "$LAB_MODE" = probe ]; then echo '${PROBE_ANSWER}' > /dev/ttyS0; poweroff -f; fi
for module in /modules/*; do insmod "$module"; done
plan9=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o ro,$plan9,cache=loose host /host
mount -t 9p -o ro,$plan9,cache=loose root /root
mount -t tmpfs tmpfs /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/root:/host,upperdir=/layer/upper,workdir=/layer/work overlay /new
mkdir -p /new/lab
mount -t 9p -o rw,$plan9 lab /new/lab
mkdir -p "/new/lib/modules/$LAB_KERNEL"
mount -t 9p -o ro,$plan9,cache=loose modules "/new/lib/modules/$LAB_KERNEL"
exec switch_root /new /bin/bash /lab/guest/init.sh
`;

/** Packs busybox, the modules that reach the host's folders, and an init that stacks them into a root. */
export async function writeInitrd(kernel: Kernel, labRoot: string, out: string): Promise<void> {
  const unpacked = join(labRoot, 'usr', 'bin', 'busybox');
  const busybox = existsSync(unpacked) ? unpacked : '/bin/busybox';
  const root = `${out}.d`;
  for (const folder of ['bin', 'modules', 'proc', 'sys', 'dev', 'host', 'root', 'layer', 'new'])
    await mkdir(join(root, folder), { recursive: true });
  await copyFile(busybox, join(root, 'bin', 'busybox'));
  for (const applet of applets) await symlink('busybox', join(root, 'bin', applet));

  let number = 100;
  for (const file of await insertOrder(kernel)) {
    const place = join(root, 'modules', `${number++}.ko`);
    if (file.endsWith('.xz')) await run('sh', ['-c', `exec "$1" xzcat "$2" > "$3"`, 'sh', busybox, file, place]);
    else await copyFile(file, place);
  }
  await writeFile(join(root, 'init'), init);
  await chmod(join(root, 'init'), 0o755);
  await run('sh', ['-c', `cd "$1" && find . | exec "$2" cpio -o -H newc > "$3"`, 'sh', root, busybox, `${out}.cpio`]);
  await writeFile(out, gzipSync(await readFile(`${out}.cpio`), { level: 1 }));
  await rm(root, { recursive: true });
  await rm(`${out}.cpio`);
}

async function insertOrder(kernel: Kernel): Promise<Set<string>> {
  const text = await run('modprobe', ['-d', kernel.folder, '-S', kernel.release, '--show-depends', '-a', ...modules]);
  return new Set([...text.matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? ''));
}
