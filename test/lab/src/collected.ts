import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Message } from '@nfscope/test-otlp-backend';
import { attributesOf, type Attributes } from './arrivals.ts';
import { collector } from './collector.ts';
import { LabError } from './lab-error.ts';

/** How the Collector of guest/collector.sh gets what it keeps. */
export const ways = [
  { way: 'grpc', protocol: 'OTLP/gRPC' },
  { way: 'http', protocol: 'OTLP/HTTP' },
] as const;

export type Way = (typeof ways)[number]['way'];

/** Puts the Collector on the guest's PATH, or beside it the reason why there is none. */
export const giveCollector = (share: string): Promise<void> =>
  collector().then(
    (folder) => symlink(join(folder, 'collector'), join(share, 'bin', 'collector')),
    (error: unknown) => {
      if (!(error instanceof LabError)) throw error;
      return writeFile(join(share, 'no-collector'), error.message);
    },
  );

/** Requests of a signal in the order in which they came, as OTLP's JSON has them. */
const requests = async (out: string, signal: 'metrics' | 'traces' | 'logs', way: Way): Promise<object[]> =>
  (await readFile(join(out, `${signal}.${way}`), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as object);

export const collectedMetrics = async (out: string, way: Way): Promise<Message[]> => (await requests(out, 'metrics', way)) as Message[];

type List = Parameters<typeof attributesOf>[0];

interface Resource {
  readonly resource: { readonly attributes?: List };
}

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  /** Of the connector that made it. */
  readonly scope: string;
  /** Seconds. */
  readonly duration: number;
  /** Those of its resource too. */
  readonly attributes: Attributes;
}

interface Traces {
  readonly resourceSpans: readonly (Resource & {
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly (Pick<CollectedSpan, 'traceId' | 'spanId' | 'name'> & {
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes: List;
      })[];
    }[];
  })[];
}

export async function collectedSpans(out: string, way: Way): Promise<CollectedSpan[]> {
  return ((await requests(out, 'traces', way)) as Traces[])
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) =>
        spans.map(({ traceId, spanId, name, startTimeUnixNano, endTimeUnixNano, attributes }) => ({
          ...{ traceId, spanId, name, scope: scope.name },
          duration: Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e9,
          attributes: { ...attributesOf(resource.attributes), ...attributesOf(attributes) },
        })),
      ),
    );
}

export interface CollectedRecord {
  readonly eventName: string;
  readonly timeNano: bigint;
  /** Those of its resource too. */
  readonly attributes: Attributes;
}

interface Logs {
  readonly resourceLogs: readonly (Resource & {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly eventName: string; readonly timeUnixNano: string; readonly attributes: List }[];
    }[];
  })[];
}

export async function collectedRecords(out: string, way: Way): Promise<CollectedRecord[]> {
  return ((await requests(out, 'logs', way)) as Logs[])
    .flatMap(({ resourceLogs }) => resourceLogs)
    .flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) =>
        logRecords.map(({ eventName, timeUnixNano, attributes }) => ({
          ...{ eventName, timeNano: BigInt(timeUnixNano) },
          attributes: { ...attributesOf(resource.attributes), ...attributesOf(attributes) },
        })),
      ),
    );
}
