// `npm start`: counts this machine's NFS operations, or replays a recording where that cannot be. Brings and builds only
// what that needs: a replay does without the kernel side, and so without a compiler.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setup } from './setup.mjs';
import { root, run, step } from './step.mjs';

const program = join(root, 'packages/agent/dist/bundle/nfscope.mjs');
const recording = 'examples/recording/nas.recording';
const say = (text) => process.stdout.write(`${text}\n`);

/** Why this process cannot count here, as far as can be seen before anything is built. */
function obstacle() {
  if (!existsSync('/sys/module/sunrpc')) {
    return { why: 'this kernel has no NFS client loaded', mend: 'mount an NFS volume (or `modprobe nfs`), then `sudo npm start`' };
  }
  // Bits of include/uapi/linux/capability.h.
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]}`);
  const has = (bit) => ((effective >> bit) & 1n) === 1n;
  const [admin, perfmon, bpf] = [21n, 38n, 39n];
  if (has(admin) || (has(perfmon) && has(bpf))) return undefined;
  return { why: 'this process may not load BPF programs', mend: '`sudo npm start`' };
}

const announceReplay = ({ why, mend }) => say(`nfscope replays a recording, since ${why}; for the real thing: ${mend}`);

/** Why the kernel does not take the program after all: found out by trying. */
async function refusal() {
  const { output } = await run(process.execPath, [program, 'doctor', '-o', 'json']);
  const trial = JSON.parse(output).checks.find(({ name }) => name === 'programs');
  return trial.state === 'fail' ? { why: trial.evidence, mend: trial.mend } : undefined;
}

async function prepare(groups, build, bundle) {
  const ready = await setup(groups, build);
  if (ready !== 0) process.exit(ready);
  if (!(await step('bundle', 'node', ['scripts/bundle.mjs', ...bundle]))) process.exit(1);
}

let reason = obstacle();
if (reason) {
  announceReplay(reason);
  await prepare([], false, ['--program-only']);
} else {
  say('nfscope counts the NFS operations of this machine');
  await prepare(['build'], true, []);
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
