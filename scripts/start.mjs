// `npm start`: counts this machine's NFS operations, or replays a recording where that cannot be. Brings and builds only
// what that needs: a replay does without the kernel side, and so without a compiler.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildKernelSide } from './kernel-side.mjs';
import { bring } from './setup.mjs';
import { root, run, step } from './step.mjs';

const program = join(root, 'packages/agent/dist/bundle/nfscope.mjs');
const recording = 'examples/recording/nas.recording';
const say = (text) => process.stdout.write(`${text}\n`);

/** What a person has to type, once the mend is done. */
const again = process.getuid() === 0 ? '`npm start`' : '`sudo npm start`';

const proc = (file) => readFileSync(`/proc/self/${file}`, 'utf8');

function mayLoad() {
  // Bits of include/uapi/linux/capability.h.
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(proc('status'))[1]}`);
  const has = (bit) => ((effective >> bit) & 1n) === 1n;
  const [admin, perfmon, bpf] = [21n, 38n, 39n];
  return has(admin) || (has(perfmon) && has(bpf));
}

/** What keeps this process from counting here, as far as can be seen before anything is built. */
const obstacles = [
  {
    // A server loads sunrpc alone, and never calls anybody through it but for callbacks.
    there: () => !existsSync('/sys/module/nfs'),
    why: 'this kernel has no NFS client loaded',
    mend: `mount an NFS volume (or \`modprobe nfs\`), then ${again}`,
  },
  {
    there: () => !existsSync('/sys/kernel/btf/vmlinux'),
    why: 'this kernel does not tell its types',
    mend: `boot one that was built with CONFIG_DEBUG_INFO_BTF=y, then ${again}`,
  },
  {
    // The first namespace maps every id to itself; nobody can make another one that does.
    there: () => proc('uid_map').trim().split(/\s+/).join(' ') !== '0 0 4294967295',
    why: 'a user namespace may not load BPF programs',
    mend: '`npm start` outside of it, that is not in a rootless container',
  },
  {
    there: () => !mayLoad(),
    why: 'this process may not load BPF programs',
    mend: process.getuid() === 0 ? 'give the container CAP_BPF and CAP_PERFMON, then `npm start`' : again,
  },
];

const announceReplay = ({ why, mend }) => say(`nfscope replays a recording, since ${why}; for the real thing: ${mend}`);

/** Why the kernel does not take the program after all: found out by trying. */
async function refusal() {
  const { output } = await run(process.execPath, [program, 'doctor', '-o', 'json']);
  const trial = JSON.parse(output).checks.find(({ name }) => name === 'programs');
  return trial.state === 'fail' ? { why: trial.evidence, mend: trial.mend } : undefined;
}

/** What root has made in somebody's clone, by sudo, becomes theirs: they could not even remove it. */
async function handOver() {
  const { uid, gid } = statSync(root);
  if (process.getuid() === 0 && uid !== 0) await run('chown', ['-R', '--no-dereference', '--from=0', `${uid}:${gid}`, root]);
}

/** Returns the exit status; 0 when the program is there. */
async function prepare() {
  const ready = await bring(reason ? [] : ['run'], 'run');
  if (ready !== 0) return ready;
  if (!reason && !(await buildKernelSide())) return 1;
  return (await step('bundle', 'node', ['scripts/bundle.mjs', ...(reason ? ['--program-only'] : [])])) ? 0 : 1;
}

let reason = obstacles.find(({ there }) => there());
if (reason) announceReplay(reason);
else say('nfscope counts the NFS operations of this machine');
const ready = await prepare();
await handOver();
if (ready !== 0) process.exit(ready);
if (!reason) {
  reason = await refusal();
  if (reason) announceReplay(reason);
}

// In this process, so that Ctrl-C is the agent's: step.mjs would end everything at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
process.chdir(root);
// Lines of a log would stand in the table.
const level = process.stdout.isTTY ? 'warn' : 'info';
process.argv.splice(
  1,
  Infinity,
  program,
  ...(reason ? ['replay', recording] : ['run']),
  '--config',
  'scripts/start.yaml',
  '--log-level',
  level,
);
await import(pathToFileURL(program).href);
