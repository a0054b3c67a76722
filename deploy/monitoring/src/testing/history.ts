import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsConnector, metricsConnectorConfig } from '@nfscope/connector-metrics';
import { prometheusExporter, prometheusExporterConfig } from '@nfscope/exporter-prometheus';
import type { NfsBatch } from '@nfscope/model';
import { promtool, startPrometheus } from '@nfscope/test-prometheus';
import { from, lastValueFrom } from 'rxjs';
import type { Answer } from '../drawing/picture.ts';
import { dashboards, ruleGroups } from '../files.ts';
import { record, recordingRules, type RecordingRule } from '../recording-rules.ts';
import { NODE, ownSeries } from '../series.ts';
import { agentAt, hour, QUEUE_CAPACITY, STEP } from './hour.ts';

const silent = (): void => {};
const context = { id: 'hour', version: '0.0.0', log: { debug: silent, info: silent, warn: silent, error: silent } };
const scraped = `job="nfscope",${NODE}="node-1"`;
const asksRecords = ({ expr }: RecordingRule): boolean => Object.values(record).some((name) => expr.includes(name));

/** Names that an expression of a panel or a rule has: the rest of a page is two thirds of it, and nobody asks for it. */
const asked = new Set(JSON.stringify([dashboards, ruleGroups]).match(/\w+/g));
const isAsked = (line: string): boolean => asked.has(/^\w*/.exec(line)![0]);

/** A line as a scrape at `time` would have stored it. */
const stored = (line: string, time: number): string => {
  const [, name, labels, value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
  return `${name}{${scraped}${labels ? `,${labels}` : ''}} ${value} ${time}`;
};

const own = (time: number): string => {
  const { processor, memory, late, current, waiting, sent, retried } = agentAt(time);
  const spans = '{exporter="otlp_grpc",otel_signal="traces"}';
  const values = {
    [ownSeries.PROCESS_CPU]: processor,
    [ownSeries.PROCESS_RSS]: memory,
    [ownSeries.EVENT_LOOP_DELAY_P99]: late,
    [ownSeries.CONFIGURATION_CURRENT]: current,
    [`${ownSeries.EXPORTER_QUEUE_SIZE}${spans}`]: waiting,
    [`${ownSeries.EXPORTER_QUEUE_CAPACITY}${spans}`]: QUEUE_CAPACITY,
    [`${ownSeries.EXPORTER_SENT_SPANS}${spans}`]: sent,
    [`${ownSeries.EXPORTER_ENQUEUE_FAILED_SPANS}${spans}`]: 0,
    [`${ownSeries.EXPORTER_SEND_FAILED_SPANS}${spans}`]: 0,
    [`${ownSeries.EXPORTER_RETRIES}${spans}`]: retried,
  };
  return Object.entries(values)
    .map(([name, value]) => stored(`${name} ${value}`, time))
    .join('\n');
};

/** All pages that would have been scraped, as one text in the OpenMetrics format. */
async function* pages(batches: readonly NfsBatch[]): AsyncGenerator<string, void, void> {
  const exporter = prometheusExporter(prometheusExporterConfig.parse({ endpoint: '127.0.0.1:0' }), context);
  await exporter.start();
  try {
    for (const [i, { timeMs }] of batches.entries()) {
      // The connector goes by the clock of whoever runs it, except at an end: so each page is that of a stream that ends there.
      const { connect } = metricsConnector(metricsConnectorConfig.parse({}), context);
      await exporter.export(await lastValueFrom(connect(from(batches.slice(0, i + 1)))), AbortSignal.timeout(10_000));
      const page = await (await fetch(exporter.url()!)).text();
      const lines = page.split('\n').filter(isAsked);
      yield `${lines.map((line) => stored(line, timeMs / 1000)).join('\n')}\n${own(timeMs / 1000)}\n`;
    }
    yield '# EOF\n';
  } finally {
    await exporter.shutdown(AbortSignal.timeout(10_000));
  }
}

/** Has promtool make blocks of data. Throws what it objects to. */
const make = (folder: string, words: readonly string[]): void => {
  const said = promtool(['tsdb', 'create-blocks-from', ...words], { cwd: folder });
  if (said !== '') throw new Error(said);
};

/** A real Prometheus that knows the hour, and asks its own rules; times are seconds. */
export interface History {
  /** A value each STEP seconds. */
  range(expression: string, from: number, to: number): Promise<readonly Answer[]>;
  instant(expression: string, time: number): Promise<readonly Answer[]>;
  stop(): Promise<void>;
}

/** Writes the hour into a folder as Prometheus has it, with what the recording rules make of it, and starts one on that. */
export const startHistory = async (): Promise<History> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-hour-'));
  const [text, data] = [join(folder, 'hour.txt'), join(folder, 'data')];
  // What a scrape did not find again is gone: a block has no marks of that.
  const settings = { data, words: [`--query.lookback-delta=${STEP + 15}s`, '--storage.tsdb.retention.time=100y'] };
  const batches = hour();
  const [first, last] = [batches[0]!.timeMs / 1000, batches.at(-1)!.timeMs / 1000];
  try {
    const file = createWriteStream(text);
    for await (const page of pages(batches)) if (!file.write(page)) await once(file, 'drain');
    file.end();
    await once(file, 'finish');
    make(folder, ['openmetrics', '--quiet', text, data]);
    const times = [`--start=${first}`, `--end=${last}`, `--eval-interval=${STEP}s`];
    // A Prometheus does not know what is made of its answers before it starts again: what asks for records comes after them.
    for (const rules of [recordingRules.filter((rule) => !asksRecords(rule)), recordingRules.filter(asksRecords)]) {
      // When within a step a group of rules is evaluated hangs on its name and on that of its file, as it was given.
      writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: ruleGroups[0]!.name, rules }] }));
      const before = await startPrometheus(settings);
      make(folder, ['rules', ...times, `--url=${before.url}`, `--output-dir=${data}`, 'rules.yaml']);
      await before.stop();
    }
    const { ask, stop } = await startPrometheus(settings);
    return {
      async range(query, start, end) {
        const { result } = await ask<{ result: readonly Answer[] }>('query_range', { query, start, end, step: STEP });
        return result;
      },
      async instant(query, time) {
        type Found = { metric: Answer['metric']; value: Answer['values'][number] };
        const { result } = await ask<{ result: readonly Found[] }>('query', { query, time });
        return result.map(({ metric, value }) => ({ metric, values: [value] }));
      },
      async stop() {
        await stop();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
};
