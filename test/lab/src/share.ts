import { chmod, copyFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { LabError } from './lab-error.ts';
import { run } from './process.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const lab = join(repository, 'test', 'lab');
const bundle = join(repository, 'packages', 'agent', 'dist', 'bundle');

/** Refuses early when there is no agent to run. */
export function needBundle(): void {
  for (const file of ['nfscope.mjs', 'nfscope.node', 'nfs.bpf.o']) {
    if (!existsSync(join(bundle, file))) throw new LabError(`the agent is not built (${file} is missing): run \`npm run bundle\` first`);
  }
}

/**
 * Fills the folder that is /lab in the guest: guest/ (its scripts), bin/ (on its PATH: nfscope, workload, kube-api, otlp-receiver, pod, run-pods),
 * scenarios/ (their files), out/ (what one leaves behind), repository (where the guest finds this one), job.sh.
 */
export async function fillShare(share: string, content: { job?: string; scenario?: string }): Promise<void> {
  const bin = join(share, 'bin');
  await mkdir(bin, { recursive: true });
  await mkdir(join(share, 'out'), { recursive: true });
  await writeFile(join(share, 'repository'), repository);
  await cp(join(lab, 'guest'), join(share, 'guest'), { recursive: true });
  await run('gcc', ['-O2', '-Wall', '-Werror', '-o', join(bin, 'workload'), join(lab, 'guest', 'workload.c')]);

  if (existsSync(bundle)) for (const file of await readdir(bundle)) await copyFile(join(bundle, file), join(bin, file));
  await copyFile(join(import.meta.dirname, 'kube-api.js'), join(bin, 'kube-api.mjs'));
  for (const [source, file, format] of [
    ['otlp-receiver.ts', 'otlp-receiver.cjs', 'cjs'],
    ['cri/main.ts', 'pod.mjs', 'esm'],
    ['cri/run-pods.ts', 'run-pods.mjs', 'esm'],
  ] as const) {
    await build({
      entryPoints: [join(lab, 'src', source)],
      outfile: join(bin, file),
      format,
      bundle: true,
      platform: 'node',
      target: 'node20',
      conditions: ['nfscope-source'],
      logLevel: 'warning',
    });
  }
  await program(join(bin, 'nfscope'), 'nfscope.mjs');
  await program(join(bin, 'pod'), 'pod.mjs');
  await program(join(bin, 'run-pods'), 'run-pods.mjs');
  await program(join(bin, 'kube-api'), 'kube-api.mjs');
  await program(join(bin, 'otlp-receiver'), 'otlp-receiver.cjs');

  await cp(join(lab, 'scenarios'), join(share, 'scenarios'), { recursive: true });
  if (content.scenario) await copyFile(join(share, 'scenarios', content.scenario, 'guest.sh'), join(share, 'job.sh'));
  if (content.job) await copyFile(content.job, join(share, 'job.sh'));
}

/** The host's own Node runs it: the guest's root is the host's. */
async function program(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' /lab/bin/${script} "$@"\n`);
  await chmod(path, 0o755);
}
