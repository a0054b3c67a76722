import { components } from './components.ts';
import { runProcess } from './run-process.ts';

await runProcess(components);
