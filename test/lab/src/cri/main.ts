import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXITED, kubeletRuntime } from '@nfscope/processor-k8s/testing';
import type { Pod, Probed } from './pod.ts';
import { probe } from './probes.ts';

/*
 * The part of a kubelet that runs one pod: `pod FILE OUT` starts it in containerd, probes it, and at SIGTERM stops it and exits as
 * its container did. OUT gets what the kernel says of the container's process, and what came of the probes.
 */

const [file = '', out = ''] = process.argv.slice(2);
const { sandbox, container, cgroupParent, files, folders, probes, gracePeriodSeconds } = JSON.parse(readFileSync(file, 'utf8')) as Pod;
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const say = (text: string): void => void process.stdout.write(`pod: ${text}\n`);

for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
for (const { path, create } of folders) {
  if (create) mkdirSync(path, { recursive: true });
  if (!statSync(path).isDirectory()) throw new Error(`${path} is not a folder`);
}

const { call, close } = kubeletRuntime('/run/containerd/containerd.sock');
const { pod_sandbox_id } = (await call('RunPodSandbox', { config: sandbox })) as { pod_sandbox_id: string };
const created = await call('CreateContainer', { pod_sandbox_id, config: container, sandbox_config: sandbox });
const { container_id } = created as { container_id: string };
await call('StartContainer', { container_id });
say(`container ${container_id.slice(0, 12)} runs`);

/** Its state, and its exit code once it has ended. */
async function status(): Promise<{ ended: boolean; code: number }> {
  const { status: seen } = (await call('ContainerStatus', { container_id })) as { status: { state?: number; exit_code?: number } };
  return { ended: seen.state === EXITED, code: seen.exit_code ?? 0 };
}

const cgroup = `/sys/fs/cgroup${cgroupParent}/${container_id}`;
// Files of proc have no size that a copy could go by.
const keep = (from: string): void => writeFileSync(`${out}/${basename(from)}`, readFileSync(from));

/** What the kernel says of the container's first process. */
function look(): void {
  const [pid] = readFileSync(`${cgroup}/cgroup.procs`, 'utf8').split('\n');
  for (const name of ['status', 'mountinfo']) keep(`/proc/${pid}/${name}`);
  const kinds = readdirSync('/proc/self/ns');
  const own = (process: string) => Object.fromEntries(kinds.map((kind) => [kind, readlinkSync(`/proc/${process}/ns/${kind}`)]));
  writeFileSync(`${out}/namespaces.json`, JSON.stringify({ node: own('self'), container: own(pid!) }));
}

/** What it took, and what the agent says of the place it is in. Last, since it takes a Node of its own. */
async function lookBack(): Promise<void> {
  for (const name of ['memory.stat', 'memory.events']) keep(`${cgroup}/${name}`);
  const cmd = ['node', '/nfscope/nfscope.mjs', 'doctor', '--procfs', '/host/proc', '-o', 'json'];
  const { stdout = '' } = (await call('ExecSync', { container_id, cmd, timeout: 60 })) as { stdout?: string };
  writeFileSync(`${out}/doctor.json`, stdout);
}

mkdirSync(out, { recursive: true });
const results: Probed[] = [];
for (const one of probes.filter(({ kind }) => kind === 'startup')) results.push(await probe(one, stop.signal));
if (!stop.signal.aborted && results.every(({ tripped }) => !tripped)) {
  say('its startup probe was answered');
  look();
  const asking = probes.filter(({ kind }) => kind !== 'startup').map((one) => probe(one, stop.signal));
  const second = (): Promise<unknown> => sleep(1000, undefined, { signal: stop.signal }).catch(() => undefined);
  while (!stop.signal.aborted && !(await status()).ended) await second();
  // A cgroup is gone with its container.
  if (stop.signal.aborted) await lookBack();
  stop.abort();
  results.push(...(await Promise.all(asking)));
}
await call('StopContainer', { container_id, timeout: gracePeriodSeconds });
const { code } = await status();
writeFileSync(`${out}/probes.json`, JSON.stringify(results));
say(`its container ended with ${code}`);
await call('StopPodSandbox', { pod_sandbox_id });
close();
process.exitCode = code;
