import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promtool } from '@nfscope/test-prometheus';
import { ruleGroups } from '../files.ts';

/** By labels, `{job="etl"}`: the value. */
type Samples = Readonly<Record<string, number>>;

/**
 * What promtool objects to when these expressions are to have these answers after so many minutes of the rules; nothing when they do.
 * Series are as it writes them: `0+300x60` is 0 and 60 times 300 more, one a minute.
 */
export const ruleTest = (series: Readonly<Record<string, string>>, minutes: number, answers: Readonly<Record<string, Samples>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-rules-'));
  try {
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups: ruleGroups }));
    const file = join(folder, 'test.yaml');
    const one = {
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: Object.entries(answers).map(([expr, samples]) => ({
        ...{ expr, eval_time: `${minutes}m` },
        exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
      })),
    };
    writeFileSync(file, JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: [one] }));
    return promtool(['test', 'rules', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
