import { expect, onTestFinished, test, vi } from 'vitest';
import type { Factory } from '../component.ts';
import { batchText } from './batch-text.ts';
import type { Batch, ComponentCase, Run } from './component-case.ts';
import { createFor, DEADLINE_MS, watch } from './running.ts';

/** Where every run begins, so that a component that looks at the clock says the same each time. */
const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const outcomeOf = async (factory: Factory, run: Run, start: unknown): Promise<string> => {
  vi.setSystemTime(NOW_MS);
  onTestFinished(() => void vi.useRealTimers());
  const outside = await run.outside?.();
  if (outside !== undefined) onTestFinished(async () => void (await outside.close?.()));
  const component = createFor(factory, run, start, outside?.config);
  const output: Batch[] = [];
  const { give, end, done } = watch(factory.kind, component, (batch) => output.push(batch));
  await component.start?.();
  onTestFinished(async () => component.shutdown?.(AbortSignal.timeout(DEADLINE_MS)));
  for await (const batch of run.input?.(output) ?? []) await give(batch);
  end();
  if (outside !== undefined) return outside.text(component);
  await done;
  return (run.text ?? batchText)(output);
};

/** Everything a component says in a run is what the file in `testdata/` says. */
export const describeGolden = (factory: Factory, { golden, start = {}, skipRuns }: ComponentCase): void => {
  test('golden: there is a run', () => {
    expect(Object.keys(golden)).not.toEqual([]);
  });

  test.for(Object.entries(golden))(
    `golden: %s${skipRuns === undefined ? '' : ` (skipped: ${skipRuns})`}`,
    async ([file, run], { skip }) => {
      if (skipRuns !== undefined) return skip(skipRuns);
      const text = await outcomeOf(factory, run, start);
      // An empty file would be a run that shows nothing.
      expect(text.trim()).not.toBe('');
      await expect(text).toMatchFileSnapshot(`../testdata/${file}`);
    },
  );
};
