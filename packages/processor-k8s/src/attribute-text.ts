import { attribute } from '@nfscope/semconv';

/** UTF-16 units of a value that others chose: a label has 63 at most, an annotation up to 256 KiB. */
export const LONGEST_VALUE = 1024;
/** Of a name that was made of a key: the longest key of Kubernetes has 317. */
export const LONGEST_NAME = 512;

/** Well-formed, and cut where it is too long, never inside a character. NUL becomes U+FFFD: to a reader in C the text would end there. */
export const cut = (text: string, longest = LONGEST_VALUE): string => {
  if (text.length <= longest && !/[\0\p{Cs}]/u.test(text)) return text;
  const short = text.length > longest && isSplit(text, longest) ? text.slice(0, longest - 1) : text.slice(0, longest);
  // Through UTF-8, which has no lone surrogates; and a copy, since a slice would keep all of the text alive.
  return Buffer.from(short).toString().replaceAll('\0', '\uFFFD');
};

const isSplit = (text: string, at: number): boolean => /[\uD800-\uDBFF]/.test(text[at - 1]!) && /[\uDC00-\uDFFF]/.test(text[at]!);

// As exporters spell them, who may not tell `k8s.pod.name` from `k8s_pod_name`.
const spelled = (name: string): string => name.replace(/[^a-zA-Z0-9]+/g, '_');
const reserved = new Set(
  Object.values(attribute)
    .filter((name) => !name.startsWith('service.'))
    .map(spelled),
);

/**
 * Whether a key of an object may name an attribute. What nfscope says itself is said by nobody else; and what every object of
 * JavaScript has (`__proto__`, `constructor`) is no name, since resources of the OpenTelemetry SDK lose it.
 */
export const isName = (name: string): boolean => name !== '' && !(name in Object.prototype) && !reserved.has(spelled(name));
