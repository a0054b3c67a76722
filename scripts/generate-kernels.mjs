// The tables of kernels in docs/kernels.md and README.md, from the newest results of `npm run lab:matrix`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernels } from '../test/lab/dist/kernel.js';
import { age, newest, states } from '../test/lab/dist/results.js';
import { scenarios } from '../test/lab/dist/scenarios/index.js';
import { table } from './markdown.mjs';
import { root } from './step.mjs';

const EARLIER = '°';

/** What some runs came to: how many checks held, what failed, what was skipped. */
function sum(states) {
  const runs = states.flatMap(({ run }) => run ?? []);
  if (runs.length === 0) return 'not run yet';
  const count = (of) => runs.reduce((total, run) => total + of(run), 0);
  const [passed, failed, skipped] = [count((run) => run.passed), count((run) => run.failed.length), count((run) => run.skipped.length)];
  const parts = [
    failed > 0 ? `**${failed} of ${passed + failed} checks failed**` : `all ${passed} checks passed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(runs.length < states.length ? [`${states.length - runs.length} scenarios not run yet`] : []),
  ];
  return `${parts.join(', ')}${mark(states)}`;
}
const mark = (states) => (states.some(({ earlier }) => earlier) ? ` ${EARLIER}` : '');

/** One run in the table of scenarios. */
function cell(state) {
  const { run } = state;
  if (run === undefined) return 'not run';
  if (run.failed.length > 0) return `**${run.failed.length} failed**${mark([state])}`;
  // That a run came to its end is a check of its own.
  return `${run.skipped.length > 0 && run.passed <= 1 ? 'skipped' : run.passed}${mark([state])}`;
}

const release = (states) => [...new Set(states.flatMap(({ run }) => run?.release || []))].join(', ');

/** Every failure and every skip, with where it was. */
function remarks(all) {
  const lines = new Map();
  const remark = (text, { planned }) => lines.set(text, [...(lines.get(text) ?? []), `${planned.kernel} ${planned.rights}`]);
  for (const state of all) {
    for (const what of state.run?.failed ?? []) remark(`${state.planned.scenario.name} failed: ${what}`, state);
    for (const { what, reason } of state.run?.skipped ?? []) {
      const place = state.run.release === '' ? what : what.replace(` on ${state.run.release}`, '');
      remark(
        place === state.planned.scenario.name
          ? `${place} skipped: ${reason}`
          : `${state.planned.scenario.name} skipped ${place}: ${reason}`,
        state,
      );
    }
  }
  return [...lines].map(([text, places]) => `- ${text} (${places.join(', ')})`).join('\n');
}

/** The text between the two comments of that name in a page, replaced. */
function between(path, name, parts) {
  const page = readFileSync(join(root, path), 'utf8');
  const [start, end] = [`<!-- ${name}: from test/lab/results by \`npm run generate\` -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no place for the generated part ${name}: ${start} ... ${end}`);
  return `${page.slice(0, from + start.length)}\n\n${parts.filter((part) => part !== '').join('\n\n')}\n\n${page.slice(to)}`;
}

/** Path -> text. */
export async function outputs() {
  const results = newest(join(root, 'test/lab/results'));
  const all = states(root, results);
  const of = (kernel, rights, among = all) => among.filter(({ planned }) => planned.kernel === kernel && planned.rights === rights);
  const old = age(all) ?? `All ${all.length} runs are of the code as it is now.`;
  const last = results.date === '' ? '' : ` The last was on ${results.date}, at commit ${results.commit}.`;
  const legend = all.some(({ earlier }) => earlier) ? ` ${EARLIER} has runs of an earlier version of the code in it.` : '';
  const series = [...kernels.keys()];

  const short = table(
    ['kernel', 'two capabilities', 'root'],
    series.map((kernel) => [`Linux ${kernel}`, sum(of(kernel, 'two')), sum(of(kernel, 'root'))]),
  );
  const long = table(
    ['kernel', 'release', 'two capabilities', 'root'],
    series.map((kernel) => [
      `Linux ${kernel}`,
      release(all.filter(({ planned }) => planned.kernel === kernel)),
      sum(of(kernel, 'two')),
      sum(of(kernel, 'root')),
    ]),
  );
  const byScenario = table(
    ['scenario', ...series, 'what is held against what'],
    scenarios.map((scenario) => {
      const own = all.filter(({ planned }) => planned.scenario === scenario);
      return [
        scenario.name,
        ...series.map((kernel) => [...new Set([...of(kernel, 'two', own), ...of(kernel, 'root', own)].map(cell))].join(' · ') || '–'),
        scenario.about,
      ];
    }),
  );
  const scenarioLegend =
    'Checks that passed, with two capabilities · as root, once when both are the same; – is a kernel a scenario is not for.';
  return new Map([
    ['README.md', between('README.md', 'kernels', [short, `${old}${legend}`])],
    ['docs/kernels.md', between('docs/kernels.md', 'kernels', [long, `${old}${last}${legend}`, scenarioLegend, byScenario, remarks(all)])],
  ]);
}
