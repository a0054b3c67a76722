import type { Metric } from '../metrics.ts';

/** `translation_strategy` of OpenTelemetry's specification for Prometheus exporters. */
export const translationStrategies = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const;
/** One of them. */
export type TranslationStrategy = (typeof translationStrategies)[number];

type Named = Pick<Metric, 'name' | 'unit' | 'type'>;

/** What a page calls metrics and attributes. Neither is unique: two of them may get the same name. */
export interface Names {
  readonly metric: (metric: Named) => string;
  readonly label: (attribute: string) => string;
}

// UCUM to the words Prometheus uses, as the OpenTelemetry specification for Prometheus asks for.
const words: ReadonlyMap<string, string> = new Map([
  ['1', ''],
  ['%', 'percent'],
  ['ns', 'nanoseconds'],
  ['us', 'microseconds'],
  ['ms', 'milliseconds'],
  ['s', 'seconds'],
  ['min', 'minutes'],
  ['h', 'hours'],
  ['d', 'days'],
  ['By', 'bytes'],
  ['kBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tebibytes'],
  ['A', 'amperes'],
  ['Cel', 'celsius'],
  ['g', 'grams'],
  ['Hz', 'hertz'],
  ['J', 'joules'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['W', 'watts'],
]);
const singular: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['wk', 'week'],
  ['mo', 'month'],
  ['a', 'year'],
  ['m', 'meter'],
]);

const tokens = (text: string): string[] => text.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');

/** `By/s` is `bytes` and `per_second`; what stands in braces, such as `{operation}`, is a count and has no word. */
const unitWords = (unit: string): string[] => {
  const [main = '', per = ''] = unit
    .replace(/\{[^}]*\}/g, '')
    .split('/', 2)
    .map((part) => part.trim());
  const below = tokens(singular.get(per) ?? per);
  return [tokens(words.get(main) ?? main).join('_'), below.length > 0 ? `per_${below.join('_')}` : ''].filter((word) => word !== '');
};

/** Each character that Prometheus had not before it took all of Unicode as an underscore: its escaping scheme `underscores`. */
const escaped = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/gu, '_').replace(/^[0-9]/, '_');

const [encoder, decoder] = [new TextEncoder(), new TextDecoder('utf-8', { ignoreBOM: true })];

// Names are compared before they are written, so that what UTF-8 writes alike has to be alike: lone surrogates.
const wellFormed = (name: string): string => (name === '' ? '_' : decoder.decode(encoder.encode(name)));

/** The bound of a bucket and the name of a metric are labels of their own; named as Prometheus names a label that its own would hide. */
const unreserved = (label: string): string => (label === 'le' || label === '__name__' ? `exported_${label}` : label);

const startingWell = (name: string): string => (/^[a-zA-Z:]/.test(name) ? name : `_${name}`);

/** What stands at the end of a name for its type. */
const typeSuffix = ({ unit, type }: Named): string | undefined =>
  type === 'counter' ? 'total' : type === 'gauge' && unit === '1' ? 'ratio' : undefined;

/** The unit as it stands in a name: `bytes_per_second`; empty for a count. */
export const unitText = ({ unit, type }: Named): string => (type === 'gauge' && unit === '1' ? 'ratio' : unitWords(unit).join('_'));

/**
 * The name of a metric in Prometheus (OpenTelemetry's UnderscoreEscapingWithSuffixes): `nfs.io.wire`, a counter of
 * `By`, is `nfs_io_wire_bytes_total`. A histogram's lines add `_bucket`, `_sum` and `_count` to it.
 */
export const prometheusName = (metric: Named): string => {
  const parts = tokens(metric.name);
  const suffix = typeSuffix(metric);
  if (parts.at(-1) === suffix) parts.pop();
  for (const word of unitWords(metric.unit)) if (!parts.includes(word)) parts.push(word);
  if (suffix !== undefined) parts.push(suffix);
  return startingWell(parts.join('_'));
};

/** `nfs.io.wire_bytes_total`. */
const suffixedName = (metric: Named): string => {
  const parts = tokens(metric.name);
  const suffix = typeSuffix(metric);
  const stem =
    parts.length > 1 && parts.at(-1) === suffix ? metric.name.replace(/[^a-zA-Z0-9]+[a-zA-Z0-9]+[^a-zA-Z0-9]*$/, '') : metric.name;
  const words = unitWords(metric.unit).filter((word) => !parts.includes(word));
  return wellFormed([stem, ...words, ...(suffix === undefined ? [] : [suffix])].join('_'));
};

/** The label of an attribute: `k8s.pod.name` is `k8s_pod_name`. Not unique: two attributes may get the same one. */
export const labelName = (attribute: string): string => {
  const name = attribute.replace(/[^a-zA-Z0-9]+/g, '_');
  if (name === '') return '_';
  return /^[0-9]/.test(name) ? `key_${name}` : unreserved(name);
};

/** Names by a strategy; where it leaves characters that the reader does not take (`utf8`), they are escaped as Prometheus does. */
export const namesOf = (strategy: TranslationStrategy, utf8: boolean): Names => {
  if (strategy === 'UnderscoreEscapingWithSuffixes') return { metric: prometheusName, label: labelName };
  if (strategy === 'UnderscoreEscapingWithoutSuffixes') {
    return { metric: ({ name }) => startingWell(tokens(name).join('_')), label: labelName };
  }
  const metric = strategy === 'NoTranslation' ? ({ name }: Named) => wellFormed(name) : suffixedName;
  return utf8
    ? { metric, label: (attribute) => unreserved(wellFormed(attribute)) }
    : { metric: (named) => escaped(metric(named)), label: (attribute) => unreserved(escaped(wellFormed(attribute)).replaceAll(':', '_')) };
};
