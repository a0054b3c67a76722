import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { NfscopeError } from './errors.ts';

const HELD = /^lock\.[0-9a-f-]{36}$/;
const COMING = /^lock\.[0-9a-f-]{36}\.new$/;

/** Whether a process listens: a socket of one that is dead refuses, whatever killed it. */
const isHeld = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    // Not permitted, or too many at the door: somebody is there.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });

/**
 * Keeps a folder for this process; resolves with what gives it back. Throws NFS-404 when another one has it.
 *
 * The lock is a listening socket in the folder: the kernel closes it with the process, and a connection finds it from any
 * container that has the folder, where a process id means something else and an abstract socket is in another network
 * namespace. Each process has a socket of its own, listening before its name can be seen, and looks at those of the others
 * after that: of two that start together at least one sees the other, and removing the socket of a dead one removes no other's.
 * Processes on other nodes are not seen.
 */
export const lockFolder = async (folder: string, handle: FileHandle): Promise<() => Promise<void>> => {
  // The address of a socket has 107 bytes at most; a path may be longer.
  const address = (name: string): string => `/proc/self/fd/${handle.fd}/${name}`;
  const own = `lock.${randomUUID()}`;
  // A knock that cannot be answered, for want of descriptors, finds the lock held all the same.
  const server = createServer((socket) => socket.destroy())
    .on('error', () => {})
    .unref();
  const release = async (): Promise<void> => {
    await rm(join(folder, own), { force: true });
    if (server.listening) await once(server.close(), 'close');
  };
  try {
    await once(server.listen(address(`${own}.new`)), 'listening');
    await rename(join(folder, `${own}.new`), join(folder, own));
    for (const name of await readdir(folder)) {
      if (name === own || !HELD.test(name)) continue;
      if (await isHeld(address(name))) throw new NfscopeError('NFS-404', 'another process uses it', folder);
      await rm(join(folder, name), { force: true });
    }
    // Of processes that died between the two steps above; one that is there now fails and says so.
    for (const name of await readdir(folder)) if (COMING.test(name)) await rm(join(folder, name), { force: true });
    return release;
  } catch (error) {
    await release();
    throw error;
  }
};
