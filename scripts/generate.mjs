// Writes every generated file, or with --check names those that are not what they would be now. The contents come from
// what was built: without --check it is built first, with --check it has to be.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, getFileInfo, resolveConfig } from 'prettier';
import { root, step } from './step.mjs';

/** Each exports outputs(): a promise of a Map from path to text. The layout comes first: packages are compiled with it. */
const generators = [
  { name: 'layout', of: ['--filter=@nfscope/bpf'] },
  { name: 'telemetry', of: [] },
  { name: 'errors', of: [] },
  { name: 'configuration', of: [] },
  { name: 'picture', of: [] },
  { name: 'kernels', of: [] },
  { name: 'monitoring', of: [] },
  { name: 'api', of: [] },
];

const read = (path) => {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const stale = [];
for (const { name, of } of generators) {
  if (!check && !(await step(`build for ${name}`, 'turbo', ['run', 'build', ...of, '--ui=stream', '--output-logs=errors-only'])))
    process.exit(1);
  const { outputs } = await import(`./generate-${name}.mjs`);
  for (const [path, text] of await outputs()) {
    const filepath = join(root, path);
    const { inferredParser } = await getFileInfo(filepath);
    const wanted = inferredParser ? await format(text, { ...(await resolveConfig(filepath)), filepath }) : text;
    if (read(path) === wanted) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(filepath), { recursive: true });
    writeFileSync(filepath, wanted);
    process.stdout.write(`wrote ${path}\n`);
  }
}
if (check && stale.length > 0) {
  process.stdout.write(`stale: ${stale.join(', ')}; run \`npm run generate\`\n`);
  process.exitCode = 1;
}
