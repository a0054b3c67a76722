import type { MetricsBatch } from '@nfscope/model';
import {
  familiesOf,
  type FamilyWithSeries,
  labelCache,
  type LabelCache,
  type Names,
  namesOf,
  type Omit,
  seriesOf,
  targetInfo,
} from '@nfscope/model/prometheus';
import type { Config } from './config.ts';
import type { Format } from './format.ts';
import { nfsIoMetric } from './nfs-io-metric.ts';
import { paced } from './paced.ts';
import { labelFields, protobufPage } from './protobuf-page.ts';
import { labelText, textPage } from './text-page.ts';

type PageConfig = Pick<Config, 'translation_strategy' | 'resource_labels' | 'target_info' | 'created_samples' | 'nfs_io_metric'>;

/** Writes some snapshots as a page of a format, in chunks. One is the reader's until it asks for the next. */
export type Pages = (batches: readonly MetricsBatch[], format: Format) => AsyncGenerator<Uint8Array, void, void>;

/** Which attributes a list of names and beginnings means. */
const matcher = (patterns: readonly string[]): ((name: string) => boolean) => {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (name) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
};

/** Names and labels as they are with and without UTF-8, as text and as fields; what was rendered for a series is kept as long as it lives. */
interface Wording {
  readonly names: Names;
  readonly labels: LabelCache;
}

/** Labels of a series are rendered once for all pages. `omit` is told what is on none. */
export const pagesOf = (config: PageConfig, omit: Omit): Pages => {
  const ofResource = matcher(config.resource_labels);
  const view = config.nfs_io_metric ? nfsIoMetric() : undefined;
  const wordings = new Map<string, Wording>();
  const wordingOf = (format: Format): Wording => {
    const utf8 = format.utf8 && !config.translation_strategy.startsWith('Underscore');
    const fields = format.kind === 'protobuf';
    const key = `${utf8} ${fields}`;
    let wording = wordings.get(key);
    if (wording === undefined) {
      const names = namesOf(config.translation_strategy, utf8);
      wordings.set(key, (wording = { names, labels: labelCache({ names, ofResource, render: fields ? labelFields : labelText }) }));
    }
    return wording;
  };

  function* source(batches: readonly MetricsBatch[], { names, labels }: Wording): Generator<FamilyWithSeries | undefined, void, void> {
    const families = familiesOf(batches, names, omit);
    if (config.target_info) families.unshift(targetInfo(batches));
    if (view !== undefined) families.push(yield* view(batches));
    for (const family of families) yield { family, sets: yield* seriesOf(family, labels, omit) };
  }

  return (batches, format) => {
    const families = source(batches, wordingOf(format));
    if (format.kind === 'protobuf') return paced(protobufPage(families));
    const settings = { openMetrics: format.kind === 'openmetrics', created: config.created_samples };
    return paced(textPage(families, settings));
  };
};
