export interface ImageName {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** A reference as runtimes write it, `registry:5000/path/name:tag@sha256:digest`; undefined for the id of an image. The tag is `latest` where neither tag nor digest is said. */
export const parseImage = (reference: string): ImageName | undefined => {
  if (/^([a-z0-9]+:)?[0-9a-f]{64}$/.test(reference)) return undefined;
  const at = reference.indexOf('@');
  const named = at < 0 ? reference : reference.slice(0, at);
  const digest = at < 0 ? undefined : reference.slice(at + 1);
  // A colon before the last slash is a port’s.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const name = colon < 0 ? named : named.slice(0, colon);
  if (name === '') return undefined;
  const tag = colon < 0 ? (digest === undefined ? 'latest' : undefined) : named.slice(colon + 1);
  return { name, tag, digest };
};
