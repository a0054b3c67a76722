// The agent as files that need nothing but Node: the program, what reads kubeconfigs, the addon and the kernel program beside it.
// With --program-only without the rest, which a replay does not need and which takes compilers to build.
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './bundle-options.mjs';
import { root } from './step.mjs';

const folder = join(root, 'packages/agent/dist/bundle');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await build({ ...bundleOptions, entryPoints: ['packages/agent/src/main.ts'], outfile: join(folder, 'nfscope.mjs') });
chmodSync(join(folder, 'nfscope.mjs'), 0o755);
if (!process.argv.includes('--program-only')) {
  await build({
    ...bundleOptions,
    plugins: [],
    stdin: { contents: "export { KubeConfig } from '@kubernetes/client-node';", resolveDir: join(root, 'packages/kubernetes') },
    outfile: join(folder, 'client-node.mjs'),
  });
  copyFileSync(join(root, 'native/dist/nfscope.node'), join(folder, 'nfscope.node'));
  copyFileSync(join(root, 'bpf/dist/nfs.bpf.o'), join(folder, 'nfs.bpf.o'));
}
