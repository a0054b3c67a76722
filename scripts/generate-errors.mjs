// docs/errors.md from the table of error codes.
import { errors } from '../packages/pipeline/dist/errors.js';
import { page } from './markdown.mjs';

const areas = { 1: 'What it was told', 2: 'The kernel', 3: 'The network', 4: 'The node' };

/** Path -> text. */
export async function outputs() {
  const parts = [
    'Every error that nfscope reports to a person is one line on stderr: the code, the place, what happened, and how to mend it.' +
      ' Where that is a place in a configuration, the line of it stands below, with a caret.' +
      ' The process then ends with status 2. A code is never reused and never changes its meaning.',
  ];
  let last = '';
  for (const [code, { title, mend }] of Object.entries(errors).sort(([a], [b]) => a.localeCompare(b))) {
    const area = areas[code.slice('NFS-'.length)[0]];
    if (area === undefined) throw new Error(`${code}: its area has no title in scripts/generate-errors.mjs`);
    if (area !== last) parts.push(`## ${area}`);
    last = area;
    parts.push(`### ${code}`, `${title}.`, mend);
  }
  return new Map([['docs/errors.md', page('Errors', 'packages/pipeline/src/errors.ts', ...parts)]]);
}
