import { child } from './child.ts';
import { readPage } from './read-page.ts';
import type { Row } from './row.ts';
import { ratioToMedian, spreadOf } from './spread.ts';

const SERIES = 10_000;
const MANY = 100_000;
const ROUNDS = 20;
/** The last ones: what comes before them is compiled or not in the caches yet. An agent is asked four times a minute, for months. */
const COUNTED = 10;
/** One call of it takes seconds. */
const STANDARD_ROUNDS = 3;
const BUDGET_MS = 100;
const PAUSE_BUDGET_MS = 50;

const ours = async (series: number, rounds: number, headers?: Record<string, string>) => {
  const server = child('scrape-child.js', ['ours', String(series)]);
  try {
    const url = (await server.said()) as string;
    const [times, pauses]: [number[], number[]] = [[], []];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      await server.ask('renew');
      const page = await readPage(url, headers);
      bytes = page.bytes;
      times.push(page.ms);
      pauses.push((await server.ask('pause')) as number);
    }
    return { times: times.slice(-COUNTED), first: times[0]!, pauses, bytes };
  } finally {
    await server.end();
  }
};

/** Those that others use, by what they are called in the table. */
const others = { sdk: 'serializer of the OpenTelemetry SDK alone', 'prom-client': 'prom-client without HTTP' } as const;
type Other = keyof typeof others;

const another = async (kind: Other, series: number, rounds: number) => {
  const serializer = child('scrape-child.js', [kind, String(series)]);
  try {
    await serializer.said();
    const [times, pauses]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const { ms, pauseMs } = (await serializer.ask('serialize')) as { ms: number; pauseMs: number };
      times.push(ms);
      pauses.push(pauseMs);
    }
    return { times, pauses };
  } finally {
    await serializer.end();
  }
};

/** A Prometheus page over HTTP, read by another process, beside what others write one with. */
export const scraping = async (): Promise<Row[]> => {
  const own = await ours(SERIES, ROUNDS);
  const gzip = await ours(SERIES, ROUNDS, { 'accept-encoding': 'gzip' });
  const [sdk, client] = [await another('sdk', SERIES, STANDARD_ROUNDS), await another('prom-client', SERIES, STANDARD_ROUNDS)];
  const [time, pause] = [spreadOf(own.times), spreadOf(own.pauses)];
  const worst = Math.max(...own.pauses, ...gzip.pauses);
  return [
    {
      what: `scrape of ${SERIES} histogram series, ${(own.bytes / 1e6).toFixed(0)} MB`,
      unit: 'ms',
      budget: `<= ${BUDGET_MS}`,
      measured: time,
      alternative: { name: others.sdk, measured: spreadOf(sdk.times) },
      ratio: ratioToMedian(own.times, sdk.times),
      met: time.median <= BUDGET_MS,
    },
    {
      what: 'the same',
      unit: 'ms',
      budget: undefined,
      measured: time,
      alternative: { name: others['prom-client'], measured: spreadOf(client.times) },
      ratio: ratioToMedian(own.times, client.times),
      met: undefined,
    },
    { what: 'the first of them', unit: 'ms', budget: undefined, measured: spreadOf([own.first]), met: undefined },
    {
      what: `the same as gzip, ${(gzip.bytes / 1e6).toFixed(1)} MB`,
      unit: 'ms',
      budget: undefined,
      measured: spreadOf(gzip.times),
      met: undefined,
    },
    {
      what: 'longest pause of the event loop in a scrape',
      unit: 'ms',
      budget: `<= ${PAUSE_BUDGET_MS}`,
      measured: pause,
      alternative: { name: others.sdk, measured: spreadOf(sdk.pauses) },
      ratio: ratioToMedian(own.pauses, sdk.pauses),
      met: worst <= PAUSE_BUDGET_MS,
      reason: `the longest of all was ${worst.toFixed(0)} ms`,
    },
    await manySeries(),
    await manyByAnother('sdk'),
    await manyByAnother('prom-client'),
  ];
};

const manySeries = async (): Promise<Row> => {
  const what = `scrape of ${MANY} histogram series`;
  try {
    const { times, bytes } = await ours(MANY, 1);
    return {
      what: `${what}, ${(bytes / 1e6).toFixed(0)} MB`,
      unit: 'ms',
      budget: 'survives',
      measured: spreadOf(times),
      met: true,
    };
  } catch (error) {
    return { what, unit: 'ms', budget: 'survives', measured: undefined, met: false, reason: (error as Error).message };
  }
};

const manyByAnother = async (kind: Other): Promise<Row> => {
  const what = `${MANY} histogram series by the ${others[kind]}`.replace('the prom', 'prom');
  try {
    const { times } = await another(kind, MANY, 1);
    return { what, unit: 'ms', budget: undefined, measured: spreadOf(times), met: undefined };
  } catch (error) {
    return { what, unit: 'ms', budget: undefined, measured: undefined, met: undefined, reason: `it ended: ${(error as Error).message}` };
  }
};
