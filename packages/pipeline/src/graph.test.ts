import { map, Subject, tap } from 'rxjs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConnector, defineExporter, defineProcessor, defineReceiver, type Factory, type Lifecycle } from './component.ts';
import { buildGraph } from './graph.ts';
import { planPipelines } from './plan.ts';
import { recordingLogger } from './testing/recording-logger.ts';

const soon = (): AbortSignal => AbortSignal.timeout(4_000);
const stability = 'alpha';

/** A batch of any signal that the graph passes on: one item, of a stream of its own. */
const batchOf = (word: string): any => ({ word, totals: [word], events: [], metrics: [{ points: [word] }], scope: { name: word } });

/**
 * Real components over words in batches: each marks what passes it,
 * `emit` sends through a receiver, `lines` is what exporters got, `calls` what was created, started and shut down.
 */
const scene = (pipelines: object, { failStart = '', failOn = '' } = {}) => {
  const calls: string[] = [];
  const lines: string[] = [];
  const passes: string[] = [];
  const inputs = new Map<string, Subject<any>>();
  const subscriptions = { count: 0 };
  const lifecycle = (id: string): Required<Lifecycle> => {
    calls.push(`*${id}`);
    return {
      start: async () => {
        calls.push(`+${id}`);
        if (id === failStart) throw new Error(`${id} cannot start`);
      },
      shutdown: async () => void calls.push(`-${id}`),
    };
  };
  const mark = (id: string) =>
    map((batch: any): any => {
      if (batch.word === failOn) throw new Error(`${id} cannot take ${batch.word}`);
      passes.push(id);
      return batchOf(`${batch.word}>${id}`);
    });
  const receiver = (id: string): any => {
    const input = new Subject<string>();
    inputs.set(id, input);
    const both = lifecycle(id);
    const output = input.pipe(tap({ subscribe: () => void subscriptions.count++ }));
    return { ...both, output, shutdown: async () => (await both.shutdown(soon()), input.complete()) };
  };
  const exporter = (id: string): any => ({
    ...lifecycle(id),
    url: () => (id === 'out.nfs' ? `http://${id}` : undefined),
    export: async ({ word }: any) => void lines.push(`${id}: ${word}`),
  });
  const processor = (id: string): any => ({ ...lifecycle(id), process: mark(id) });
  const config = z.strictObject({});
  const common = { description: '', config };
  const factories: Factory[] = [
    defineReceiver({
      ...common,
      type: 'in',
      signals: { nfs: { stability, create: (_, { id, log }) => (log.info('created', { cost: 1 }), receiver(id)) } },
    }),
    defineProcessor({
      ...common,
      type: 'mark',
      signals: { nfs: { stability, create: (_, { id }) => processor(id) }, metrics: { stability, create: (_, { id }) => processor(id) } },
    }),
    defineConnector({
      ...common,
      type: 'turn',
      from: 'nfs',
      to: 'metrics',
      stability,
      create: (_, { id }): any => ({ ...lifecycle(id), connect: mark(id) }),
    }),
    defineExporter({
      ...common,
      type: 'out',
      signals: {
        nfs: { stability, create: (_, { id }) => exporter(`${id}.nfs`) },
        metrics: { stability, create: (_, { id }) => exporter(`${id}.metrics`) },
      },
    }),
  ];
  const ids = { receivers: new Set<string>(), processors: new Set<string>(), exporters: new Set<string>() };
  for (const pipeline of Object.values(pipelines) as Record<string, string[]>[]) {
    for (const [role, set] of Object.entries(ids)) for (const id of pipeline[role] ?? []) set.add(id);
  }
  const section = (set: Iterable<string>, turns = false): Record<string, object> =>
    Object.fromEntries([...set].filter((id) => id.startsWith('turn') === turns).map((id) => [id, {}]));
  const plan = planPipelines(
    {
      receivers: section(ids.receivers),
      processors: section(ids.processors),
      exporters: section(ids.exporters),
      connectors: section(ids.exporters, true),
      service: { pipelines },
    },
    factories,
  );
  const log = recordingLogger();
  const graph = buildGraph(plan, { log, version: '0' });
  return {
    calls,
    lines,
    passes,
    log,
    graph,
    subscriptions,
    emit: (id: string, word: string) => inputs.get(id)!.next(batchOf(word)),
    inputs,
  };
};

describe('wiring', () => {
  test.each<[name: string, pipelines: object, sent: [receiver: string, batch: string][], expected: string[]]>([
    [
      'a straight line, processors in their order',
      { nfs: { receivers: ['in'], processors: ['mark/b', 'mark/a'], exporters: ['out'] } },
      [['in', 'x']],
      ['out.nfs: x>mark/b>mark/a'],
    ],
    [
      'fan-in',
      { nfs: { receivers: ['in', 'in/2'], exporters: ['out'] } },
      [
        ['in', 'x'],
        ['in/2', 'y'],
      ],
      ['out.nfs: x', 'out.nfs: y'],
    ],
    ['fan-out', { nfs: { receivers: ['in'], exporters: ['out', 'out/2'] } }, [['in', 'x']], ['out.nfs: x', 'out/2.nfs: x']],
    [
      'a connector, its pipelines in either order',
      { metrics: { receivers: ['turn'], processors: ['mark'], exporters: ['out'] }, nfs: { receivers: ['in'], exporters: ['turn'] } },
      [['in', 'x']],
      ['out.metrics: x>turn>mark'],
    ],
    [
      'a connector that ends two pipelines and starts two',
      {
        'nfs/1': { receivers: ['in'], processors: ['mark'], exporters: ['turn'] },
        'nfs/2': { receivers: ['in/2'], exporters: ['turn'] },
        'metrics/1': { receivers: ['turn'], exporters: ['out/1'] },
        'metrics/2': { receivers: ['turn'], processors: ['mark'], exporters: ['out/2'] },
      },
      [
        ['in', 'x'],
        ['in/2', 'y'],
      ],
      ['out/1.metrics: x>mark>turn', 'out/1.metrics: y>turn', 'out/2.metrics: x>mark>turn>mark', 'out/2.metrics: y>turn>mark'],
    ],
    [
      'one receiver, processor and exporter in two pipelines',
      {
        'nfs/1': { receivers: ['in'], processors: ['mark'], exporters: ['out'] },
        'nfs/2': { receivers: ['in'], processors: ['mark', 'mark/2'], exporters: ['out'] },
      },
      [['in', 'x']],
      ['out.nfs: x>mark', 'out.nfs: x>mark>mark/2'],
    ],
  ])('%s', async (_, pipelines, sent, expected) => {
    const { graph, emit, lines } = scene(pipelines);
    await graph.start();
    for (const [receiver, batch] of sent) emit(receiver, batch);
    await graph.shutdown(soon());
    expect(lines.sort()).toEqual(expected);
    await graph.done;
  });

  test('what several pipelines share is created, started and subscribed to once; an exporter of two signals is two', async () => {
    const { graph, calls, subscriptions } = scene({
      'nfs/1': { receivers: ['in'], processors: ['mark'], exporters: ['out', 'turn'] },
      'nfs/2': { receivers: ['in'], processors: ['mark'], exporters: ['out', 'turn'] },
      metrics: { receivers: ['turn'], exporters: ['out'] },
    });
    expect([...calls].sort()).toEqual(['*in', '*mark', '*out.metrics', '*out.nfs', '*turn']);
    await graph.start();
    expect(subscriptions.count).toBe(1);
    expect([...graph.queues().keys()].sort()).toEqual(['out (metrics)', 'out (nfs)']);
    expect([...graph.urls()]).toEqual([['out', 'http://out.nfs']]);
    await graph.shutdown(soon());
  });

  test('a batch passes a processor and a connector once, however many take what comes out', async () => {
    const { graph, emit, passes, lines } = scene({
      nfs: { receivers: ['in'], processors: ['mark'], exporters: ['out', 'out/2', 'turn'] },
      'metrics/1': { receivers: ['turn'], exporters: ['out'] },
      'metrics/2': { receivers: ['turn'], exporters: ['out'] },
    });
    await graph.start();
    emit('in', 'x');
    await graph.shutdown(soon());
    expect(passes).toEqual(['mark', 'turn']);
    expect(lines).toHaveLength(4);
  });
});

const line = {
  nfs: { receivers: ['in'], processors: ['mark'], exporters: ['turn'] },
  metrics: { receivers: ['turn'], exporters: ['out'] },
};

describe('lifecycle', () => {
  test('exporters start first and receivers last, and the other way round', async () => {
    const { graph, calls } = scene(line);
    const created = calls.length;
    await graph.start();
    await graph.shutdown(soon());
    await graph.shutdown(soon());
    expect(calls.slice(created).join(' ')).toBe('+out.metrics +turn +mark +in -in -mark -turn -out.metrics');
  });

  test.each([
    ['out.metrics', '+out.metrics -out.metrics'],
    ['turn', '+out.metrics +turn -turn -out.metrics'],
    ['in', '+out.metrics +turn +mark +in -in -mark -turn -out.metrics'],
  ])('%s cannot start: what had started is shut down', async (failStart, expected) => {
    const { graph, calls } = scene(line, { failStart });
    const created = calls.length;
    await expect(graph.start()).rejects.toThrow(`${failStart} cannot start`);
    expect(calls.slice(created).join(' ')).toBe(expected);
  });

  test('what is said at the very end still arrives', async () => {
    const { graph, lines, inputs } = scene(line);
    await graph.start();
    inputs.get('in')!.subscribe({ complete: () => lines.push('completed') });
    inputs.get('in')!.next(batchOf('last'));
    await graph.shutdown(soon());
    expect(lines.sort()).toEqual(['completed', 'out.metrics: last>mark>turn']);
  });

  test('done when every receiver has completed', async () => {
    const { graph, inputs } = scene({ nfs: { receivers: ['in', 'in/2'], exporters: ['out'] } });
    let done = false;
    void graph.done.then(() => (done = true));
    await graph.start();
    inputs.get('in')!.complete();
    await Promise.resolve();
    expect(done).toBe(false);
    inputs.get('in/2')!.complete();
    await graph.done;
    await graph.shutdown(soon());
  });

  test.each([
    ['a receiver', (it: ReturnType<typeof scene>) => it.inputs.get('in')!.error(new Error('ring is gone')), 'ring is gone'],
    ['a processor', (it: ReturnType<typeof scene>) => it.emit('in', 'poison'), 'mark cannot take poison'],
    ['a connector', (it: ReturnType<typeof scene>) => it.emit('in', 'p'), 'turn cannot take p>mark'],
  ])('an error of %s ends it', async (name, cause, message) => {
    const it = scene(line, { failOn: name === 'a connector' ? 'p>mark' : 'poison' });
    await it.graph.start();
    cause(it);
    await expect(it.graph.done).rejects.toThrow(message);
    await it.graph.shutdown(soon());
    expect(it.calls.at(-1)).toBe('-out.metrics');
  });

  test('a component logs under its name', () => {
    const { log } = scene(line);
    expect(log.records).toContainEqual({ level: 'info', message: 'created', fields: { component: 'receiver in', cost: 1 } });
  });
});
