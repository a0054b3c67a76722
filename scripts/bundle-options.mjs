// How the agent, and a bench of it, becomes one file that needs nothing but Node.
import { root } from './step.mjs';

export const bundleOptions = {
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
  // V8 keeps the text of a program as long as it runs: 5 MB less. Names stay, for the stack of an error.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  // In the program it would cost every agent 13 MB of memory, for the few that have a kubeconfig.
  plugins: [
    {
      name: 'client-node beside the program',
      setup({ onResolve }) {
        onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: './client-node.mjs', external: true }));
      },
    },
  ],
};
