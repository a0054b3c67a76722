import { acceptedBy, type Accepted } from './accept.ts';

/** How a page is written. */
export interface Format {
  readonly kind: 'text' | 'openmetrics' | 'protobuf';
  /** Whether the reader takes names of any Unicode; else they have letters, digits and underscores. */
  readonly utf8: boolean;
  readonly contentType: string;
}

const formatOf = ({ name, parameters }: Accepted): Format | undefined => {
  const version = parameters.get('version');
  const escaping = parameters.get('escaping');
  const utf8 = escaping === 'allow-utf-8';
  // The schemes `dots` and `values` are not written: whoever asks for them is told that he gets underscores.
  const told = escaping === undefined ? '' : `; escaping=${utf8 ? escaping : 'underscores'}`;
  if (/^(\*|text)\/(\*|plain)$/.test(name) && (version === undefined || version === '0.0.4' || version === '1.0.0')) {
    return { kind: 'text', utf8, contentType: `text/plain; version=${version ?? '0.0.4'}; charset=utf-8${told}` };
  }
  if (name === 'application/openmetrics-text' && (version === undefined || version === '0.0.1' || version === '1.0.0')) {
    const contentType = `application/openmetrics-text; version=${version ?? '1.0.0'}; charset=utf-8${told}`;
    return { kind: 'openmetrics', utf8, contentType };
  }
  if (
    name === 'application/vnd.google.protobuf' &&
    parameters.get('proto') === 'io.prometheus.client.MetricFamily' &&
    parameters.get('encoding') === 'delimited'
  ) {
    return { kind: 'protobuf', utf8, contentType: `${name}; proto=io.prometheus.client.MetricFamily; encoding=delimited${told}` };
  }
  return undefined;
};

/** What is written for who says nothing, or nothing that can be had. */
const standard: Format = { kind: 'text', utf8: false, contentType: 'text/plain; version=0.0.4; charset=utf-8' };

/** The format of an answer, by the `Accept` header of its request. */
export const negotiateFormat = (accept: string | undefined): Format => {
  for (const accepted of acceptedBy(accept)) {
    const format = accepted.weight > 0 ? formatOf(accepted) : undefined;
    if (format !== undefined) return format;
  }
  return standard;
};
