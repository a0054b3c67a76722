import type { Metric } from '@nfscope/model';

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

/**
 * The name of a metric in Prometheus (OpenTelemetry's UnderscoreEscapingWithSuffixes): `nfs.io.wire`, a counter of
 * `By`, is `nfs_io_wire_bytes_total`. A histogram's lines add `_bucket`, `_sum` and `_count` to it.
 */
export const prometheusName = ({ name, unit, type }: Pick<Metric, 'name' | 'unit' | 'type'>): string => {
  const parts = tokens(name);
  const suffix = type === 'counter' ? 'total' : type === 'gauge' && unit === '1' ? 'ratio' : undefined;
  if (parts.at(-1) === suffix) parts.pop();
  for (const word of unitWords(unit)) if (!parts.includes(word)) parts.push(word);
  if (suffix !== undefined) parts.push(suffix);
  const joined = parts.join('_');
  return /^[a-zA-Z:]/.test(joined) ? joined : `_${joined}`;
};

/** The label of an attribute: `k8s.pod.name` is `k8s_pod_name`. Not unique: two attributes may get the same one. */
export const labelName = (attribute: string): string => {
  const name = attribute.replace(/[^a-zA-Z0-9]+/g, '_');
  // Reserved for the bound of a bucket; named as Prometheus names a label that its own would hide.
  if (name === 'le') return 'exported_le';
  if (name === '') return '_';
  return /^[0-9]/.test(name) ? `key_${name}` : name;
};
