import { BehaviorSubject, Subject, map, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConnector, defineExporter, defineExtension, defineProcessor, defineReceiver, type Factory } from './component.ts';
import { buildGraph, type Graph } from './graph.ts';
import type { HostView } from './host.ts';
import { keptBetween } from './kept.ts';
import { planPipelines, type Plan } from './plan.ts';
import { recordingLogger } from './testing/recording-logger.ts';

const soon = (): AbortSignal => AbortSignal.timeout(4_000);
const stability = 'alpha';
const turns = (count: number): Promise<void> =>
  count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))));

/** A batch of any signal: one item, of a stream of its own. */
const batchOf = (number: number): any => ({
  number,
  totals: [number],
  events: [],
  metrics: [{ points: [number] }],
  scope: { name: String(number) },
});

/**
 * Components over numbers in batches. `in` counts upwards whenever it is told to, from where the one before it
 * left off, so that whatever comes out twice or not at all is seen. `port`s can be taken by one exporter at a time.
 */
const world = () => {
  const calls: string[] = [];
  const got = new Map<string, number[]>();
  const ports = new Set<number>();
  const receivers = new Set<() => void>();
  const held: string[] = [];
  const asking = new BehaviorSubject(false);
  let number = 0;
  let host: HostView | undefined;
  const lives = (id: string) => {
    calls.push(`*${id}`);
    // Each takes its time, in which others go on.
    const step = async (call: string): Promise<void> => (calls.push(call), turns(5));
    return { start: () => step(`+${id}`), shutdown: () => step(`-${id}`) };
  };
  const passing = (batches: Observable<any>): Observable<any> => batches.pipe(map((batch) => batch));
  const setting = z.strictObject({
    setting: z.number().default(0),
    port: z.number().default(0),
    slow: z.number().default(0),
    down: z.number().default(0),
  });
  const common = { description: '', config: setting };
  const receiver = (id: string): any => {
    const output = new Subject<any>();
    const emit = (): void => output.next(batchOf(++number));
    const own = lives(id);
    return {
      output,
      hold: (on: boolean) => void held.push(`${id} ${on}`),
      start: async () => (await own.start(), void receivers.add(emit)),
      shutdown: async () => {
        await own.shutdown();
        // The last one is told on the way out.
        if (receivers.delete(emit)) emit();
        output.complete();
      },
    };
  };
  const exporter = (id: string, { port, slow, down }: z.output<typeof setting>): any => {
    const own = lives(id);
    let mine = false;
    return {
      start: async () => {
        await own.start();
        if (ports.has(port)) throw new Error(`port ${port} is taken`);
        if (port > 0) ports.add(port);
        mine = true;
      },
      shutdown: async () => {
        await own.shutdown();
        if (mine) ports.delete(port);
        mine = false;
      },
      export: async (batch: { readonly number: number }) => {
        await turns(slow);
        if (!mine) throw new Error('exports while it does not run');
        if (down > 0) throw new Error('connection refused');
        got.set(id, [...(got.get(id) ?? []), batch.number]);
      },
    };
  };
  const both = (create: any): any => ({ nfs: { stability, create }, metrics: { stability, create } });
  const factories: Factory[] = [
    defineReceiver({ ...common, type: 'in', signals: { nfs: { stability, create: (_, { id }) => receiver(id) } } }),
    defineProcessor({ ...common, type: 'pass', signals: both((_: unknown, { id }: any) => ({ ...lives(id), process: passing })) }),
    defineProcessor({
      ...common,
      type: 'limit',
      signals: both((_: unknown, { id }: any) => ({ ...lives(id), process: passing, held: asking })),
    }),
    defineConnector({
      ...common,
      type: 'turn',
      from: 'nfs',
      to: 'metrics',
      stability,
      create: (_, { id }): any => ({ ...lives(id), connect: passing }),
    }),
    defineExporter({ ...common, type: 'out', signals: both((config: any, { id }: any) => exporter(id, config)) }),
    defineExtension({ ...common, type: 'watch', stability, create: (_, { id }, given) => ((host = given), lives(id)) }),
  ];
  const plan = (raw: object): Plan => planPipelines(raw, factories);
  const log = recordingLogger();
  const graphOf = (raw: object): Graph => buildGraph(plan(raw), { log, version: '0' });
  const emit = (): void => receivers.forEach((one) => one());
  const since = (mark: number): string => calls.slice(mark).join(' ');
  return { calls, got, ports, held, asking, plan, graphOf, emit, log, since, numbers: () => number, host: () => host! };
};

type Setting = { setting?: number; port?: number; slow?: number; down?: number };
/** in -> pass -> turn; turn -> pass/late -> out, out/2. */
const line = (change: Record<string, Setting> = {}, outs: string[] = ['out', 'out/2'], extra: object = {}): object => ({
  receivers: { in: change['in'] ?? {} },
  processors: { pass: change['pass'] ?? {}, 'pass/late': change['pass/late'] ?? {} },
  connectors: { turn: change['turn'] ?? {} },
  exporters: Object.fromEntries(outs.map((id) => [id, change[id] ?? {}])),
  extensions: { watch: change['watch'] ?? {} },
  service: {
    extensions: ['watch'],
    pipelines: {
      nfs: { receivers: ['in'], processors: ['pass'], exporters: ['turn'] },
      metrics: { receivers: ['turn'], processors: ['pass/late'], exporters: outs },
      ...extra,
    },
  },
});

describe('what is restarted', () => {
  test.each<[name: string, next: object, calls: string]>([
    ['nothing', line(), ''],
    ['an exporter', line({ out: { setting: 1 } }), '*out -out +out'],
    ['an exporter is added', line({}, ['out', 'out/2', 'out/3']), '*out/3 +out/3'],
    ['an exporter is removed', line({}, ['out']), '-out/2'],
    ['an extension', line({ watch: { setting: 1 } }), '*watch -watch +watch'],
    ['a processor of snapshots, alone', line({ 'pass/late': { setting: 1 } }), '*pass/late -pass/late +pass/late'],
    ['a processor of changes, with all of its stream', line({ pass: { setting: 1 } }), '*in *pass *turn -in -pass -turn +turn +pass +in'],
    ['a connector of changes', line({ turn: { setting: 1 } }), '*in *pass *turn -in -pass -turn +turn +pass +in'],
    ['a receiver', line({ in: { setting: 1 } }), '*in *pass *turn -in -pass -turn +turn +pass +in'],
    [
      'another pipeline of the same receiver',
      line({}, ['out', 'out/2'], { 'nfs/2': { receivers: ['in'], exporters: ['turn'] } }),
      '*in *turn *pass -in -pass -turn +turn +pass +in',
    ],
  ])('%s', async (_, next, expected) => {
    const { graphOf, plan, calls, since } = world();
    const graph = graphOf(line());
    await graph.start();
    const mark = calls.length;
    await graph.reload(plan(next));
    expect(since(mark)).toBe(expected);
    await graph.shutdown(soon());
  });

  test('streams of changes that have nothing in common go on', () => {
    const { plan } = world();
    const two = (setting: number): object => ({
      receivers: { in: {}, 'in/2': { setting } },
      exporters: { out: {} },
      service: { pipelines: { nfs: { receivers: ['in'], exporters: ['out'] }, 'nfs/2': { receivers: ['in/2'], exporters: ['out'] } } },
    });
    expect([...keptBetween(plan(two(0)), plan(two(1)))].sort()).toEqual(['exporter out nfs', 'pipeline nfs', 'receiver in nfs']);
  });
});

describe('no batch is lost and none comes twice', () => {
  /** By what differs from reload to reload. */
  test.each<[name: string, nth: (i: number) => object, whole: string[]]>([
    ['exporters change', (i) => line({ out: { setting: i, slow: 2 } }), ['out', 'out/2']],
    ['exporters on one port change', (i) => line({ out: { setting: i, port: 80 } }), ['out', 'out/2']],
    ['exporters swap their ports', (i) => line({ out: { port: 80 + (i % 2) }, 'out/2': { port: 81 - (i % 2) } }), ['out', 'out/2']],
    ['processors of snapshots change', (i) => line({ 'pass/late': { setting: i } }), ['out', 'out/2']],
    ['the whole stream of changes changes', (i) => line({ pass: { setting: i } }), ['out', 'out/2']],
    [
      'everything changes',
      (i) => line({ in: { setting: i }, turn: { setting: i }, out: { setting: i, slow: 1 }, watch: { setting: i } }),
      ['out', 'out/2'],
    ],
    ['an exporter comes and goes beside one that stays', (i) => line({}, i % 2 ? ['out'] : ['out', 'out/2']), ['out']],
    ['exporters change, while their backend is dead and alive again', (i) => line({ out: { setting: i, down: i % 5 } }), ['out', 'out/2']],
    ['nothing changes', () => line(), ['out', 'out/2']],
  ])('50 reloads under flow: %s', async (_, nth, whole) => {
    const { graphOf, plan, emit, got, numbers, log } = world();
    const graph = graphOf(nth(0));
    await graph.start();
    let flows = true;
    const flow = (): void => {
      emit();
      // At half the pace of the slowest exporter, whose queue would grow without an end else.
      if (flows) void turns(4).then(flow);
    };
    flow();
    for (let i = 1; i <= 50; i++) {
      const began = performance.now();
      await graph.reload(plan(nth(i)));
      expect(performance.now() - began).toBeLessThan(1_000);
      await turns(8);
    }
    flows = false;
    await turns(5);
    await graph.shutdown(soon());
    const all = Array.from({ length: numbers() }, (_, i) => i + 1);
    expect(numbers()).toBeGreaterThan(100);
    for (const id of whole) expect(got.get(id)).toEqual(all);
    expect(log.messages('error')).toEqual([]);
  });

  test('what waits in the queue of an exporter that goes is exported before it shuts down', async () => {
    const { graphOf, plan, emit, got, calls, since } = world();
    const graph = graphOf(line({ out: { slow: 5 } }, ['out']));
    await graph.start();
    for (let i = 0; i < 10; i++) emit();
    const mark = calls.length;
    await graph.reload(plan(line({}, ['out/2'])));
    expect(got.get('out')).toHaveLength(10);
    expect(since(mark)).toBe('*out/2 -out +out/2');
    await graph.shutdown(soon());
  });
});

describe('a new plan that cannot start', () => {
  test.each<[name: string, next: object]>([
    ['an exporter that is new', line({ 'out/3': { port: 99 } }, ['out', 'out/2', 'out/3'])],
    ['an exporter that changed', line({ out: { port: 99 } })],
    ['beside a stream that changed', line({ pass: { setting: 1 }, out: { port: 99 } })],
  ])('the old one goes on, whole: %s', async (_, next) => {
    const { graphOf, plan, emit, got, numbers, ports } = world();
    ports.add(99);
    const old = line({ out: { port: 80 } });
    const graph = graphOf(old);
    await graph.start();
    let flows = true;
    const flow = (): void => {
      emit();
      if (flows) setImmediate(flow);
    };
    flow();
    for (let i = 0; i < 10; i++) {
      await expect(graph.reload(plan(next))).rejects.toThrow('port 99 is taken');
      await turns(3);
    }
    expect(graph.components().map(({ state }) => state)).toEqual(graph.components().map(() => 'running'));
    flows = false;
    await turns(1);
    await graph.shutdown(soon());
    const all = Array.from({ length: numbers() }, (_, i) => i + 1);
    expect(got.get('out')).toEqual(all);
    expect(got.get('out/2')).toEqual(all);
    expect([...ports]).toEqual([99]);
  });

  test('when the old one cannot start again either, that ends it', async () => {
    const { graphOf, plan, ports, log } = world();
    ports.add(99);
    const graph = graphOf(line({ out: { port: 80 } }));
    await graph.start();
    const reloaded = graph.reload(plan(line({ out: { port: 99 } })));
    // Somebody is faster.
    ports.add = (port: number) => Set.prototype.add.call(ports, port);
    const steal = (): void => void (ports.has(80) ? setImmediate(steal) : Set.prototype.add.call(ports, 80));
    const has = ports.has.bind(ports);
    ports.has = (port: number) => port === 80 || has(port);
    void steal;
    await expect(reloaded).rejects.toThrow('port 80 is taken');
    await expect(graph.done).rejects.toThrow('port 80 is taken');
    await graph.shutdown(soon());
    expect(log.messages('error')).toEqual([]);
  });
});

describe('beside the flow', () => {
  test('an extension sees the plan, the states and the queues of this moment', async () => {
    const { graphOf, plan, host, emit } = world();
    const graph = graphOf(line());
    const states = (): string[] =>
      host()
        .components()
        .map(({ kind, id, signal, state }) => `${kind} ${id} ${signal ?? '-'} ${state}`);
    expect(states()).toEqual([
      'extension watch - created',
      'exporter out metrics created',
      'exporter out/2 metrics created',
      'connector turn - created',
      'processor pass nfs created',
      'processor pass/late metrics created',
      'receiver in nfs created',
    ]);
    await graph.start();
    emit();
    await turns(2);
    expect(new Set(states().map((text) => text.split(' ').at(-1)))).toEqual(new Set(['running']));
    expect([...host().queues()].map(([name, { sent }]) => [name, sent])).toEqual([
      ['out (metrics)', 1],
      ['out/2 (metrics)', 1],
    ]);
    await graph.reload(plan(line({}, ['out'])));
    expect([...host().queues().keys()]).toEqual(['out (metrics)']);
    expect(host().plan().pipelines).toHaveLength(2);
    await graph.shutdown(soon());
    expect(new Set(states().map((text) => text.split(' ').at(-1)))).toEqual(new Set(['stopped']));
  });

  test('receivers are held while a processor behind them asks for it, through connectors, and over a reload', async () => {
    const { graphOf, plan, asking, held } = world();
    const raw = (setting: number): any => {
      const base: any = line({ out: { setting } });
      base.processors['limit'] = {};
      base.service.pipelines.metrics.processors.push('limit');
      return base;
    };
    const graph = graphOf(raw(0));
    await graph.start();
    asking.next(true);
    asking.next(true);
    expect(held).toEqual(['in true']);
    await graph.reload(plan(raw(1)));
    expect(held).toEqual(['in true']);
    asking.next(false);
    expect(held).toEqual(['in true', 'in false']);
    await graph.shutdown(soon());
  });

  test('a shutdown during a reload waits for it, and shuts down what runs then', async () => {
    const { graphOf, plan, calls, since } = world();
    const graph = graphOf(line({ out: { slow: 3 } }, ['out']));
    await graph.start();
    const mark = calls.length;
    const reloaded = graph.reload(plan(line({ out: { setting: 1 } }, ['out'])));
    await turns(1);
    await graph.shutdown(soon());
    await reloaded;
    expect(since(mark)).toBe('*out -out +out -in -pass/late -pass -turn -out -watch');
    await graph.reload(plan(line()));
    expect(since(mark)).toBe('*out -out +out -in -pass/late -pass -turn -out -watch');
  });
});
