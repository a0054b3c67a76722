import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import type { Factory, Lifecycle, Processor, Receiver, Signal } from '../component.ts';
import { PermanentError } from '../errors.ts';
import type { Batch, ComponentCase, Run } from './component-case.ts';
import { createFor, DEADLINE_MS, watch } from './running.ts';

/** The deadline of an export to what takes nothing. */
const EXPORT_MS = 25;
/** After its deadline something may end what it is at, on a machine that is busy. */
const GRACE_MS = 2_000;
/** More batches than a component may hold on to. */
const BATCHES = 8;
/** The one under way and the latest. */
const MOST_HELD = 2;

// Those of the process: a component's test may have put others in their place.
const { clearTimeout, setImmediate, setTimeout } = globalThis;

/** Rejects when `work` takes longer; what it does or throws in time is all right. */
const within = async (ms: number, what: string, work: Promise<unknown> | undefined): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not ended ${ms} ms later`)), ms);
  });
  const settled = Promise.resolve(work).catch(() => {});
  try {
    await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Shuts down with a short deadline, which it has to keep. */
const leaves = (component: Lifecycle): Promise<void> =>
  within(EXPORT_MS + GRACE_MS, 'shutdown, by its deadline,', component.shutdown?.(AbortSignal.timeout(EXPORT_MS)));

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How many of these are still held by somebody. */
const alive = async (batches: readonly WeakRef<Batch>[]): Promise<number> => {
  // What was looked at in this turn of the loop is kept until its end.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return batches.filter((one) => one.deref() !== undefined).length;
};

/** Gives a component the batches of a run again and again, and keeps none of them. */
const giveMany = async (run: Run, give: (batch: Batch) => Promise<void>): Promise<WeakRef<Batch>[]> => {
  const given: WeakRef<Batch>[] = [];
  while (given.length < BATCHES) {
    const before = given.length;
    for await (const batch of run.input?.([]) ?? []) {
      given.push(new WeakRef(batch));
      await give(batch);
    }
    if (given.length === before) throw new Error('the first golden run has no input');
  }
  return given;
};

/** Somebody who connects, asks half a question, and waits. */
const askHalf = async (url: string): Promise<void> => {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''));
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  await new Promise<void>((resolve) => socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n`, () => resolve()));
};

/** Does the component have this method? Whoever is created has taken nothing yet. */
const can = (factory: Factory, run: Run, start: unknown, method: string): boolean => method in createFor(factory, run, start);

const created = (factory: Factory, run: Run, start: unknown, more: object = {}): Lifecycle => {
  const component = createFor(factory, run, start, more);
  onTestFinished(async () => component.shutdown?.(AbortSignal.timeout(DEADLINE_MS)));
  return component;
};

const exporter = (factory: Factory, run: Run, { start = {}, stalled }: ComponentCase): void => {
  test('backpressure: what takes nothing holds an export until its deadline, and no more than a batch or two', async () => {
    if (stalled === undefined) throw new Error('`stalled` is to say how the outside takes nothing');
    const outside = await stalled();
    onTestFinished(async () => void (await outside.close?.()));
    const component = created(factory, run, start, outside.config);
    await component.start?.();
    const waiting: number[] = [];
    const given = await giveMany(run, async (batch) => {
      const { give } = watch('exporter', component, () => {}, AbortSignal.timeout(EXPORT_MS));
      const work = give(batch);
      await within(EXPORT_MS + GRACE_MS, 'an export, by its deadline,', work);
      // Whoever is late is asked again: a batch that was not taken in time is not refused.
      await work.catch((error: unknown) => expect(error).not.toBeInstanceOf(PermanentError));
      waiting.push(outside.waiting?.() ?? 0);
    });
    expect(await alive(given), 'batches held').toBeLessThanOrEqual(MOST_HELD);
    expect(waiting.at(-1), 'bytes handed over that nobody took').toBeLessThanOrEqual(Math.max(...waiting.slice(0, MOST_HELD)));
    await leaves(component);
  });
};

const served = (factory: Factory, run: Run, { start = {} }: ComponentCase): void => {
  if (!can(factory, run, start, 'url')) return;
  test('backpressure: a client that asks half a question holds up no shutdown', async () => {
    const outside = await run.outside?.();
    onTestFinished(async () => void (await outside?.close?.()));
    const component = created(factory, run, start, outside?.config);
    await component.start?.();
    await askHalf((component as { url(): string | undefined }).url()!);
    await leaves(component);
  });
};

const receiver = (factory: Factory, run: Run, { start = {} }: ComponentCase): void => {
  test('backpressure: it keeps none of the batches that it said', async () => {
    const component = created(factory, run, start);
    const said: WeakRef<Batch>[] = [];
    const { done } = watch('receiver', component, (batch) => said.push(new WeakRef(batch)));
    await component.start?.();
    await done;
    expect(said.length, 'batches of the first golden run').toBeGreaterThan(MOST_HELD);
    expect(await alive(said), 'batches held').toBeLessThanOrEqual(MOST_HELD);
  });

  test('backpressure: a consumer that is still at a batch can have it shut down', async () => {
    const component = created(factory, run, start);
    let leaving: Promise<void> | undefined;
    const told = new Promise<void>((resolve) => {
      watch('receiver', component, () => {
        leaving ??= leaves(component);
        resolve();
      });
    });
    await component.start?.();
    await told;
    await leaving;
  });

  if (!can(factory, run, start, 'hold')) return;
  test('backpressure: held, it says nothing; let go, it goes on', async () => {
    const component = created(factory, run, start) as Required<Receiver<Signal>>;
    let said = 0;
    component.hold(true);
    const { done } = watch('receiver', component, () => said++);
    await component.start?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(said, 'batches said while held').toBe(0);
    component.hold(false);
    await done;
    expect(said, 'batches said afterwards').toBeGreaterThan(0);
  });
};

const operator = (factory: Factory, run: Run, { start = {} }: ComponentCase): void => {
  test('backpressure: it keeps none of the batches that went in', async () => {
    const component = created(factory, run, start);
    const { give, end, done } = watch(factory.kind, component, () => {});
    await component.start?.();
    const given = await giveMany(run, give);
    expect(await alive(given), 'batches held').toBeLessThanOrEqual(MOST_HELD);
    end();
    await done;
  });

  test('backpressure: when nobody takes what comes out, it takes nothing in', async () => {
    const component = created(factory, run, start);
    const { taken, leave } = watch(factory.kind, component, () => {});
    await component.start?.();
    expect(taken()).toBe(true);
    leave();
    expect(taken()).toBe(false);
  });

  if (!can(factory, run, start, 'held')) return;
  test('backpressure: what is shut down holds nobody', async () => {
    const component = created(factory, run, start) as Required<Processor<Signal>>;
    const asked: boolean[] = [];
    const subscription = component.held.subscribe((held) => asked.push(held));
    onTestFinished(() => subscription.unsubscribe());
    await component.start?.();
    await component.shutdown?.(AbortSignal.timeout(DEADLINE_MS));
    expect(asked.at(-1)).toBe(false);
  });
};

type Tests = (factory: Factory, run: Run, given: ComponentCase) => void;

const tests: Readonly<Record<Factory['kind'], readonly Tests[]>> = {
  receiver: [receiver],
  processor: [operator],
  connector: [operator],
  exporter: [exporter, served],
  extension: [served],
};
const skipped: Tests = (_, __, { skipRuns }) => test(`backpressure (skipped: ${skipRuns})`, ({ skip }) => skip(skipRuns));

/** Nobody waits for ever on what a component meets, and nothing piles up in it. */
export const describeBackpressure = (factory: Factory, given: ComponentCase): void => {
  const run = Object.values(given.golden)[0] ?? {};
  for (const some of given.skipRuns === undefined ? tests[factory.kind] : [skipped]) some(factory, run, given);
};
