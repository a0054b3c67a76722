import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, planPipelines } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import root from 'otlp-decoder/build/src/generated/root.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { components } from './components.ts';

// All that a person who may make pods may write into one, through everything that reads it, to both ends.
const folder = mkdtempSync(join(tmpdir(), 'nfscope-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LONGEST = 1024;
const hostile = {
  quote: ['a "quoted" b', 'a "quoted" b'],
  closing: ['"} 1\nnfs_fake_total{a="b', '"} 1\nnfs_fake_total{a="b'],
  backslash: ['c:\\', 'c:\\'],
  newline: ['a\nb\r\nc', 'a\nb\r\nc'],
  nul: ['a\0b', 'a\uFFFDb'],
  torn: ['a\uD83Db', 'a\uFFFDb'],
  long: ['x'.repeat(65_536), 'x'.repeat(LONGEST)],
  longAstral: [`${'x'.repeat(LONGEST - 1)}🙂🙂`, 'x'.repeat(LONGEST - 1)],
  bidi: ['\u202Eevil\u2028', '\u202Eevil\u2028'],
  constructor: ['[object]', '[object]'],
  toString: ['', ''],
  ['__proto__']: ['polluted', 'polluted'],
  'key "with" \n 漢': ['v', 'v'],
} as const;
const keys = Object.entries(hostile);

interface Decoded {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] };
  }[];
}
const { ExportMetricsServiceRequest: request } = (
  root as unknown as { opentelemetry: { proto: { collector: { metrics: { v1: { ExportMetricsServiceRequest: Decoder } } } } } }
).opentelemetry.proto.collector.metrics.v1;
interface Decoder {
  decode(bytes: Uint8Array): object;
  toObject(message: object): Decoded;
}

/** Resources that came by OTLP/gRPC. */
const received: Map<string, string | undefined>[] = [];
const collector: Http2Server = createServer((incoming, response) => {
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  incoming.on('end', () => {
    const { resourceMetrics } = request.toObject(request.decode(Buffer.concat(pieces).subarray(5)));
    for (const { resource } of resourceMetrics) {
      received.push(new Map((resource.attributes ?? []).map(({ key, value }) => [key, value.stringValue])));
    }
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
    response.write(Buffer.alloc(5));
    response.addTrailers({ 'grpc-status': '0' });
    response.end();
  });
});

const recorded = join(folder, 'recorded');
const podsFile = join(folder, 'pods.json');

interface PodList {
  readonly items: { readonly metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } }[];
}

/** The pods of the recording, as somebody else would have made them; undefined before they are there. */
const hostilePods = (): string | undefined => {
  const file = join(recorded, 'pods.json');
  const list = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PodList) : { items: [] };
  if (list.items.length === 0) return undefined;
  const texts = Object.fromEntries(keys.map(([key, [value]]) => [key, value]));
  for (const { metadata } of list.items) {
    metadata.labels = texts;
    metadata.annotations = {
      ...texts,
      ...Object.fromEntries(keys.map(([key, [value]]) => [`resource.opentelemetry.io/otel.${key}`, value])),
    };
    Object.assign(metadata.annotations, {
      'resource.opentelemetry.io/k8s.pod.name': 'spoofed',
      'resource.opentelemetry.io/server_address': 'spoofed',
    });
  }
  return JSON.stringify(list);
};

const graph = (): ReturnType<typeof buildGraph> => {
  const file = join(import.meta.dirname, '../../../examples/recording/nas.recording');
  const port = (collector.address() as AddressInfo).port;
  const config = {
    receivers: { nfs_replay: { file, speed: 'max', at_end: 'hold', folder: recorded } },
    processors: {
      k8s_attributes: {
        pods_file: podsFile,
        extract: {
          labels: [{ key_regex: '[^]*' }, { key_regex: '([^]*)', tag_name: '$1' }],
          annotations: [{ key_regex: '[^]*' }],
          otel_annotations: true,
        },
      },
    },
    connectors: { metrics: { interval: '100ms' } },
    exporters: {
      prometheus: { endpoint: '127.0.0.1:0' },
      otlp_grpc: { endpoint: `http://127.0.0.1:${port}`, compression: 'none', interval: '100ms' },
    },
    service: {
      pipelines: {
        nfs: { receivers: ['nfs_replay'], processors: ['k8s_attributes'], exporters: ['metrics'] },
        metrics: { receivers: ['metrics'], exporters: ['prometheus', 'otlp_grpc'] },
      },
    },
  };
  return buildGraph(planPipelines(config, components), { log: recordingLogger(), version: 'test' });
};

let running: ReturnType<typeof graph> | undefined;
let page = '';
beforeAll(async () => {
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  mkdirSync(recorded);
  writeFileSync(podsFile, '{"items":[]}');
  running = graph();
  await running.start();
  const pods = await vi.waitUntil(hostilePods, { timeout: 20_000 });
  writeFileSync(`${podsFile}.new`, pods);
  renameSync(`${podsFile}.new`, podsFile);
  const url = running.urls().get('prometheus')!;
  await vi.waitUntil(
    async () => {
      page = await (await fetch(url)).text();
      return page.includes('k8s_pod_label_quote') && received.some((resource) => resource.has('quote'));
    },
    { timeout: 20_000, interval: 100 },
  );
}, 60_000);
afterAll(async () => {
  await running?.shutdown(AbortSignal.timeout(5000));
  collector.close();
});

const prefixes = ['', 'k8s.pod.label.', 'k8s.pod.annotation.', 'otel.'];

describe('OTLP', () => {
  test.each(keys)('%j comes out as it went in, or cut', (key, [, expected]) => {
    const resource = received.findLast((one) => one.has('quote'))!;
    const names = prefixes.map((prefix) => `${prefix}${key}`);
    // What every object has is no name of an attribute.
    const expectedOf = (name: string) => (name in Object.prototype ? undefined : expected);
    expect(names.map((name) => resource.get(name) ?? undefined)).toEqual(names.map(expectedOf));
  });

  test('nothing of nfscope is changed by an annotation', () => {
    const spoofed = received.filter(
      (resource) =>
        [...resource.values()].includes('spoofed') && !resource.has('k8s.pod.annotation.resource.opentelemetry.io/k8s.pod.name'),
    );
    expect(spoofed).toEqual([]);
  });
});

describe('Prometheus', () => {
  // https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
  const line = /^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (?:[-+.\w]+)$/;
  const unescaped: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\"': '"' };
  const labelOf = (name: string): string[] => {
    const found = [...page.matchAll(new RegExp(`[{,]${name}="((?:[^"\\\\\n]|\\\\.)*)"`, 'g'))];
    return [...new Set(found.map(([, text]) => text!.replace(/\\[\\n"]/g, (escape) => unescaped[escape]!)))];
  };

  test('every line is one', () => {
    expect(page.split('\n').filter((text) => text !== '' && !text.startsWith('#') && !line.test(text))).toEqual([]);
  });

  test.each(keys.filter(([key]) => /^\w+$/.test(key) && key !== '__proto__'))('%s comes out as it went in, or cut', (key, [, expected]) => {
    // To Prometheus a label that is empty is none.
    const label = expected === '' ? [] : [expected];
    expect([labelOf(`k8s_pod_label_${key}`), labelOf(key)]).toEqual([label, key in Object.prototype ? [] : label]);
  });

  test('names of pods are their own', () => {
    expect(labelOf('k8s_pod_name').filter((name) => name.includes('spoofed'))).toEqual([]);
    expect(labelOf('server_address').filter((name) => name.includes('spoofed'))).toEqual([]);
  });
});

test('no object was polluted', () => {
  expect(({} as Record<string, unknown>)['polluted']).toBe(undefined);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});
