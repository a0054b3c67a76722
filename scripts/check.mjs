// Everything that can be said about the tree without running it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { root, step } from './step.mjs';

const ready = await setup(['build', 'check']);
if (ready !== 0) process.exit(ready);

const c = readdirSync(join(root, 'bpf'))
  .filter((name) => /\.[ch]$/.test(name))
  .map((name) => `bpf/${name}`);
const steps = [
  ['types', 'tsc', ['-b']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['unused', 'knip', ['--no-progress']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['format of C', 'clang-format', ['--dry-run', '-Werror', ...c]],
  ['generated files', 'node', ['scripts/generate.mjs', '--check']],
];
let failed = 0;
for (const [name, command, parameters] of steps) if (!(await step(name, command, parameters))) failed++;
process.stdout.write(failed === 0 ? 'all checks passed\n' : `${failed} of ${steps.length} checks failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
