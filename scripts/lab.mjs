// `npm run lab -- ...`: builds what the lab needs and hands the words on to it.
import { setup } from './setup.mjs';
import { run, step } from './step.mjs';

const ready = await setup(['build', 'lab']);
if (ready !== 0) process.exit(ready);
if (!(await step('lab', 'tsc', ['-b', 'test/lab'])) || !(await step('bundle', 'node', ['scripts/bundle.mjs']))) process.exit(1);
// With our terminal: --shell is a console.
const { status } = await run(process.execPath, ['test/lab/dist/lab.js', ...process.argv.slice(2)], { terminal: true });
process.exitCode = status;
