import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * Debian's containerd and Docker as the lab unpacks them, with folders, socket and process ids of their own. Nothing is installed,
 * and all that they start ends with them.
 */

export type RuntimeName = 'containerd 1.6' | 'containerd 1.7' | 'docker 20.10';

export interface PrivateRuntime {
  readonly socket: string;
  /** For what runs in it; gone when it is removed. */
  readonly cgroup: string;
  /** Of the runtime's own client, which is the oracle. */
  client(words: readonly string[], input?: Buffer): string;
  start(): Promise<void>;
  /** Without a word to anybody, as a crash. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** Names of folders in the cache that have the programs. */
const folders: Readonly<Record<RuntimeName, readonly RegExp[]>> = {
  'containerd 1.6': [/^root-/],
  'containerd 1.7': [/^containerd-1\.7$/, /^root-/],
  'docker 20.10': [/^root-/],
};
const programs: Readonly<Record<RuntimeName, readonly string[]>> = {
  'containerd 1.6': ['usr/bin/containerd', 'usr/bin/ctr', 'usr/sbin/runc'],
  'containerd 1.7': ['usr/bin/containerd', 'usr/bin/ctr'],
  'docker 20.10': ['usr/sbin/dockerd', 'usr/bin/docker', 'usr/bin/containerd', 'usr/sbin/runc'],
};

/** Its folders, or why it cannot run here. */
export const findRuntime = (name: RuntimeName): readonly string[] | string => {
  if (process.getuid?.() !== 0) return 'needs root';
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
  const unpacked = existsSync(cache) ? readdirSync(cache) : [];
  const found = folders[name].map((pattern, index) => {
    const wanted = programs[index === 0 ? name : 'containerd 1.6'];
    return unpacked.filter((one) => pattern.test(one)).find((one) => wanted.every((path) => existsSync(join(cache, one, path))));
  });
  if (found.some((one) => one === undefined)) return `${name} is not unpacked: npm run lab:runtimes does it`;
  return found.map((one) => join(cache, one!));
};

const configOf = (folder: string): string => `version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
  address = "${folder}/socket"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${image}"
  enable_cdi = false
  disable_apparmor = true
  # Without the right to be spared when memory is short, which a container has not.
  restrict_oom_score_adj = true
`;

/** One of busybox, which both know once they are started. */
export const image = 'localhost/nfscope/busybox:1';

export const privateRuntime = (name: RuntimeName, roots: readonly string[]): PrivateRuntime => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-runtime-'));
  const socket = join(folder, 'socket');
  const isDocker = name.startsWith('docker');
  const env = {
    ...process.env,
    PATH: [...roots.flatMap((root) => [join(root, 'usr/bin'), join(root, 'usr/sbin')]), process.env['PATH']].join(':'),
    LD_LIBRARY_PATH: roots.map((root) => join(root, 'usr/lib/x86_64-linux-gnu')).join(':'),
  };
  writeFileSync(join(folder, 'config.toml'), configOf(folder));
  const command = isDocker
    ? [
        ...[
          'dockerd',
          '-H',
          `unix://${socket}`,
          '--data-root',
          `${folder}/root`,
          '--exec-root',
          `${folder}/state`,
          '--pidfile',
          `${folder}/pid`,
        ],
        ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs', '--exec-opt', 'native.cgroupdriver=cgroupfs'],
        ...['--cgroup-parent', `/${basename(folder)}`],
      ]
    : ['containerd', '--config', join(folder, 'config.toml')];
  const client = (words: readonly string[], input?: Buffer): string =>
    isDocker
      ? execFileSync('docker', ['-H', `unix://${socket}`, ...words], { env, input, encoding: 'utf8', stdio: 'pipe' })
      : execFileSync('ctr', ['--address', socket, '--namespace', 'k8s.io', ...words], { env, input, encoding: 'utf8', stdio: 'pipe' });

  let end: (() => Promise<void>) | undefined;
  const kill = async (): Promise<void> => {
    await end?.();
    end = undefined;
  };
  const cgroup = `/${basename(folder)}`;
  return {
    socket,
    cgroup,
    client,
    kill,
    async start() {
      const log = openSync(join(folder, 'log'), 'a');
      // Process 1 of a namespace: what it starts ends with it.
      const process = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...command], {
        env,
        stdio: ['ignore', log, log],
      });
      const ended = new Promise<void>((resolve) => process.on('close', () => resolve()));
      end = async () => {
        process.kill('SIGKILL');
        await ended;
        // With the number of its own process in the namespace that has gone, which the next one has too.
        for (const pid of ['pid', 'state/containerd/containerd.pid']) rmSync(join(folder, pid), { force: true });
      };
      for (let tries = 0; ; tries++) {
        try {
          client(['version']);
          break;
        } catch (error) {
          if (process.exitCode !== null || tries === 100) throw new Error(readFileSync(join(folder, 'log'), 'utf8'), { cause: error });
          await sleep(100);
        }
      }
      const images = client(isDocker ? ['images', '--format', '{{.Repository}}:{{.Tag}}'] : ['images', 'list', '--quiet']);
      if (!images.includes(image)) client(isDocker ? ['load'] : ['images', 'import', '-'], archiveOf(roots));
    },
    async remove() {
      await kill();
      for (const hierarchy of ['', ...readdirSync('/sys/fs/cgroup')]) {
        const left = join('/sys/fs/cgroup', hierarchy, cgroup);
        if (existsSync(left)) execFileSync('find', [left, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** As docker save writes it. */
const archiveOf = (roots: readonly string[]): Buffer => {
  const work = mkdtempSync(join(tmpdir(), 'nfscope-image-'));
  try {
    const busybox = roots.flatMap((root) => [join(root, 'usr/bin/busybox'), join(root, 'bin/busybox')]).find(existsSync) ?? '/bin/busybox';
    mkdirSync(join(work, 'root/bin'), { recursive: true });
    execFileSync('cp', [busybox, join(work, 'root/bin/busybox')]);
    execFileSync('tar', ['-C', join(work, 'root'), '-cf', join(work, 'layer.tar'), 'bin']);
    const [digest] = execFileSync('sha256sum', [join(work, 'layer.tar')], { encoding: 'utf8' }).split(' ');
    const config = { Entrypoint: ['/bin/busybox', 'sleep', '1000000'] };
    const rootfs = { type: 'layers', diff_ids: [`sha256:${digest}`] };
    writeFileSync(join(work, 'config.json'), JSON.stringify({ architecture: 'amd64', os: 'linux', config, rootfs }));
    writeFileSync(join(work, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }]));
    return execFileSync('tar', ['-C', work, '-c', 'manifest.json', 'config.json', 'layer.tar'], { maxBuffer: 64 * 1024 * 1024 });
  } finally {
    rmSync(work, { recursive: true });
  }
};
