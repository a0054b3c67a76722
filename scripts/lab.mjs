// `npm run lab -- ...` and `npm run lab:matrix -- ...`: builds what the lab needs and hands the words on to it.
import { setup } from './setup.mjs';
import { root, run, step } from './step.mjs';

const [program, ...words] = process.argv.slice(2);
const ready = await setup(['build', 'lab']);
if (ready !== 0) process.exit(ready);
if (!(await step('bundle', 'node', ['scripts/bundle.mjs']))) process.exit(1);
if ((program === 'matrix' || words.includes('image')) && !(await step('image', 'node', ['scripts/image.mjs', '--reuse']))) process.exit(1);
// With our terminal: --shell is a console.
const { status } = await run(process.execPath, [`${root}test/lab/dist/${program}.js`, ...words], { terminal: true });
process.exitCode = status;
