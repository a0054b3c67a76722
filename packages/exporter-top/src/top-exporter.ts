import { textOutput, type Exporter, type TextStream } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { summaryLine, tableLines } from './table.ts';
import { usageMeter } from './usage.ts';

/** Where the table goes: standard output, or what looks like it. */
export type Terminal = TextStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Of a terminal that does not say, or says 0, as one on a serial line does. */
const COLUMNS = 80;
const ROWS = 24;
/** Lines that are no rows of the table: the summary, an empty one, the head, what is left out, the cursor's. */
const AROUND = 5;

/** Prints rates of all snapshots that are at least an interval apart. */
export const topExporter = (
  { interval, rows }: Config,
  terminal: Terminal = process.stdout,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Exporter<'metrics'> => {
  const meter = usageMeter();
  let takenMs = -Infinity;
  let drawn = 0;

  const output = textOutput(terminal);

  return {
    start: async () => output.open(),
    async export(batch, deadline) {
      // Both ways, since the clock may be set back. A tenth early is in time: snapshots come by a timer of their own.
      if (Math.abs(batch.timeMs - takenMs) < interval * 0.9) return;
      const usages = meter.next(batch);
      if (usages === undefined) return;
      // Only now: whoever has seen nothing yet is shown the first two snapshots that can be compared.
      takenMs = batch.timeMs;
      if (terminal.isTTY !== true) return output.write(`${summaryLine(usages, batch.timeMs)}\n`, deadline);
      const lines = tableLines(usages, batch.timeMs, {
        columns: terminal.columns || COLUMNS,
        rows: Math.max(1, Math.min(rows, (terminal.rows || ROWS) - AROUND)),
        color: !env['NO_COLOR'],
      });
      // Over the table before, from its first line on; whatever stood above it stays.
      const home = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : '';
      drawn = lines.length;
      await output.write(`${home}${lines.join('\n')}\n`, deadline);
    },
  };
};
