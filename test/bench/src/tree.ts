import { fileURLToPath } from 'node:url';
import type { MetricsBatch, NfsBatch } from '@nfscope/model';
import type { NfsReceiverConfig } from '@nfscope/receiver-nfs';

/** The top of the tree, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** As much of a loaded BPF object as is used here. */
export interface Session {
  unread(ring: string): number;
  drain(ring: string, fields: Int32Array, columns: readonly unknown[], capacity: number, recordSize: number): number;
  records(ring: string, buffer: Uint8Array): number;
  read(map: string, first: number, count: number, buffer: Uint8Array): void;
  update(map: string, keys: Uint8Array | null, values: Uint8Array): void;
  testRun(program: string, context?: BigUint64Array): number;
  counters(): Readonly<Record<string, { readonly runs: number; readonly runTimeNs: number }>>;
  close(): void;
}

/** What a receiver does in a tick, at a time in milliseconds since the Unix epoch. */
export type Reader = (ms: number, due: { readonly totals: boolean }) => NfsBatch | undefined;

/**
 * Parts that no package hands out, since only what is inside them is worth measuring: taken as they were built, by
 * path. Throws when the tree was not built.
 */
export const insides = async () => {
  const part = (path: string): Promise<any> => import(`${root}${path}`);
  const [native, program, kernelSide, reader, events, build, kernelTypes] = await Promise.all([
    part('native/index.js'),
    part('packages/receiver-nfs/dist/program.js'),
    part('packages/receiver-nfs/dist/kernel-side.js'),
    part('packages/receiver-nfs/dist/reader.js'),
    part('packages/receiver-nfs/dist/events.js'),
    part('bpf/build.mjs'),
    part('bpf/kernel-types.mjs'),
  ]);
  return {
    open: native.open as (object: Uint8Array, options?: { readonly btf?: string }) => Session,
    load: program.load as (config: NfsReceiverConfig, where: string) => { readonly session: Session },
    batchReader: (session: Session, config: NfsReceiverConfig): Reader => {
      const read = reader.batchReader(kernelSide.liveKernel(session, config.max_rows), config, Date.now());
      return (ms, { totals }) => read(ms, { totals, walk: false });
    },
    readEvents: events.readEvents as (session: Session) => () => { readonly length: number },
    compile: build.compile as (source: string, object: string) => void,
    typesOf: kernelTypes.typesOf as (file: string, objects: readonly string[], wants: (type: string) => boolean) => string,
    runningTypes: kernelTypes.runningTypes as readonly string[],
  };
};

/** As `insides`: what writes OTLP requests. */
export const otlpInsides = async () => {
  const part = (name: string): Promise<any> => import(`${root}packages/exporter-otlp/dist/${name}.js`);
  const [requests, series, writer] = await Promise.all([part('metric-requests'), part('sent-series'), part('protobuf-writer')]);
  return {
    metricRequests: requests.metricRequests as (
      batch: MetricsBatch,
      followed: object,
      temporality: 'cumulative' | 'delta',
      writer: object,
    ) => Iterable<{ readonly bytes: Uint8Array }>,
    sentSeries: series.sentSeries as () => (batch: MetricsBatch) => object,
    protobufWriter: writer.protobufWriter as (capacity: number) => object,
  };
};

export type Insides = Awaited<ReturnType<typeof insides>>;
