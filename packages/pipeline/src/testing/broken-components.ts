// Run by describe-component.test.ts: components that keep the contract, and one for each way to break it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BehaviorSubject, concatMap, identity, Subject, toArray, type OperatorFunction } from 'rxjs';
import * as z from 'zod';
import {
  defineExporter,
  defineExtension,
  defineProcessor,
  defineReceiver,
  type Exporter,
  type Lifecycle,
  type Processor,
  type Receiver,
} from '../component.ts';
import { inTime } from '../deadline.ts';
import { PermanentError } from '../errors.ts';
import type { Batch, ComponentCase } from './component-case.ts';
import { describeComponent } from './describe-component.ts';

const config = z.strictObject({ stalled: z.boolean().default(false).describe('Does its outside take nothing?') });
const about = (type: string) => ({ type, description: 'A component.', config });
const configs: Pick<ComponentCase, 'valid' | 'invalid'> = { valid: { nothing: {}, all: { stalled: true } }, invalid: {} };
const input = (): Batch[] => [1, 2, 3].map((timeMs) => ({ timeMs }) as Batch);
const forEver = (): Promise<never> => new Promise(() => {});
const stability = 'development';

interface Broken {
  /** What it says in its golden run. */
  readonly text?: string;
  readonly waiting?: () => number;
}
const exporter = (type: string, create: (stalled: boolean) => Exporter<'metrics'>, { text = 'text\n', waiting }: Broken = {}): void =>
  describeComponent(defineExporter({ ...about(type), signals: { metrics: { stability, create: ({ stalled }) => create(stalled) } } }), {
    ...configs,
    golden: { '../../testdata/golden.txt': { input, outside: () => ({ text: () => text }) } },
    stalled: () => ({ config: { stalled: true }, ...(waiting && { waiting }) }),
  });

exporter('exporter_in_order', (stalled) => ({ export: async (_, deadline) => (stalled ? inTime(forEver(), deadline) : undefined) }));
exporter('says_something_else', () => ({ export: async () => {} }), { text: 'another text\n' });
exporter('exports_for_ever', (stalled) => ({ export: async () => (stalled ? forEver() : undefined) }));
exporter('drops_what_is_late', (stalled) => ({
  export: async (_, deadline) => {
    if (stalled) await inTime(forEver(), deadline).catch(() => Promise.reject(new PermanentError('late')));
  },
}));
const kept: Batch[] = [];
exporter('keeps_all_batches', () => ({ export: async (batch) => void kept.push(batch) }));
let handed = 0;
exporter('hands_over_without_end', () => ({ export: async () => void handed++ }), { waiting: () => handed });
exporter('shuts_down_for_ever', (stalled) => ({ export: async () => {}, shutdown: async () => (stalled ? forEver() : undefined) }));

const receiver = (type: string, create: () => Receiver<'metrics'>): void =>
  describeComponent(defineReceiver({ ...about(type), signals: { metrics: { stability, create } } }), {
    ...configs,
    golden: { '../../testdata/received.txt': {} },
  });
/** Says its batches a turn of the event loop apart, then that there are no more. */
const saying = (next: (output: Subject<any>, batch: Batch) => void, heedsHold = true): Receiver<'metrics'> => {
  const output = new Subject<any>();
  let held = false;
  let ended = false;
  const turn = (batches: readonly Batch[]): void => {
    if (ended) return;
    if (batches.length === 0) return output.complete();
    if (!held) next(output, batches[0]!);
    setImmediate(turn, held ? batches : batches.slice(1));
  };
  return {
    output,
    hold: (wanted) => void (held = wanted && heedsHold),
    start: async () => turn(input()),
    async shutdown() {
      ended = true;
      output.complete();
    },
  };
};
receiver('receiver_in_order', () => saying((output, batch) => output.next(batch)));
receiver('says_all_while_held', () => saying((output, batch) => output.next(batch), false));
receiver('keeps_what_it_said', () => saying((output, batch) => (kept.push(batch), output.next(batch))));
receiver('stays_for_its_consumer', () => {
  let busy = false;
  const one = saying((output, batch) => {
    busy = true;
    output.next(batch);
    busy = false;
  });
  return { ...one, shutdown: (deadline) => (busy ? forEver() : one.shutdown!(deadline)) };
});

const processor = (type: string, process: OperatorFunction<any, any>, more: Partial<Processor<'metrics'>> = {}): void =>
  describeComponent(defineProcessor({ ...about(type), signals: { metrics: { stability, create: () => ({ process, ...more }) } } }), {
    ...configs,
    golden: { '../../testdata/processed.txt': { input } },
  });
processor('processor_in_order', identity, { held: new BehaviorSubject(false) });
processor('keeps_all_until_the_end', (batches) =>
  batches.pipe(
    toArray(),
    concatMap((all) => all),
  ),
);
processor('goes_on_taking', (batches) => {
  const output = new Subject<any>();
  batches.subscribe(output);
  return output;
});
processor('holds_for_ever', identity, { held: new BehaviorSubject(true) });

const extension = (type: string, shutdown: (server: Server) => Promise<void>): void =>
  describeComponent(
    defineExtension({
      ...about(type),
      stability,
      create: () => {
        const server = createServer((_, response) => response.end('text\n'));
        const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        const start = (): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        return { start, shutdown: () => shutdown(server), url } as Lifecycle;
      },
    }),
    { ...configs, golden: { '../../testdata/golden.txt': { outside: () => ({ text: () => 'text\n' }) } } },
  );
extension('extension_in_order', async (server) => (server.closeAllConnections(), void server.close()));
extension('waits_for_its_client', (server) => new Promise((resolve) => server.close(() => resolve())));
