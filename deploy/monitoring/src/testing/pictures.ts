import { picture, type Filled, type Panel } from '../drawing/picture.ts';
import { dashboards } from '../files.ts';
import { asAsked } from './as-asked.ts';
import { startHistory } from './history.ts';
import { HOUR, STEP } from './hour.ts';

/** What Grafana takes for scrapes that far apart: four of them. */
const RATE_INTERVAL = `${4 * STEP}s`;

/** At the full hour; what is stuck now, while something is. */
const ends: Readonly<Record<keyof typeof dashboards, number>> = {
  'who.json': HOUR + 3600,
  'why-slow.json': HOUR + 3600,
  'stuck-now.json': HOUR + 47 * 60,
  'agent-health.json': HOUR + 3600,
};

/** Pictures of all dashboards, path in the repository -> text, from what a real Prometheus answers to their queries. */
export const pictures = async (): Promise<ReadonlyMap<string, string>> => {
  const history = await startHistory();
  try {
    const found = new Map<string, string>();
    for (const [name, to] of Object.entries(ends) as [keyof typeof ends, number][]) {
      const { title, panels } = JSON.parse(JSON.stringify(dashboards[name])) as { title: string; panels: Panel[] };
      const range = { from: to - 3600, to, step: STEP };
      const filled: Filled[] = [];
      for (const panel of panels) {
        const answers = (panel.targets ?? []).map(({ expr, instant }) => {
          const asked = asAsked(expr, RATE_INTERVAL);
          return instant ? history.instant(asked, to) : history.range(asked, range.from, to);
        });
        filled.push({ panel, answers: await Promise.all(answers) });
      }
      found.set(`docs/dashboards/${name.replace('.json', '.svg')}`, picture(title, filled, range));
    }
    return found;
  } finally {
    await history.stop();
  }
};
