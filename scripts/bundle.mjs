// The agent as files that need nothing but Node: the program, what reads kubeconfigs, the addon and the kernel program beside it.
// With --program-only without the rest, which a replay does not need and which takes compilers to build.
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './step.mjs';

const folder = join(root, 'packages/agent/dist/bundle');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  conditions: ['nfscope-source'],
  // Packages that are CommonJS (pino) ask for Node's modules by require().
  banner: { js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);" },
  // The licences of what is bundled ask for their notices to travel along.
  legalComments: 'eof',
  logLevel: 'warning',
};
await build({
  ...common,
  entryPoints: ['packages/agent/src/main.ts'],
  outfile: join(folder, 'nfscope.mjs'),
  // In the program it would cost every agent 13 MB of memory, for the few that have a kubeconfig.
  plugins: [
    {
      name: 'client-node beside the program',
      setup({ onResolve }) {
        onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: './client-node.mjs', external: true }));
      },
    },
  ],
});
chmodSync(join(folder, 'nfscope.mjs'), 0o755);
if (!process.argv.includes('--program-only')) {
  await build({
    ...common,
    stdin: { contents: "export { KubeConfig } from '@kubernetes/client-node';", resolveDir: join(root, 'packages/kubernetes') },
    outfile: join(folder, 'client-node.mjs'),
  });
  copyFileSync(join(root, 'native/dist/nfscope.node'), join(folder, 'nfscope.node'));
  copyFileSync(join(root, 'bpf/dist/nfs.bpf.o'), join(folder, 'nfs.bpf.o'));
}
