import { field, type LabelPair, type Labels } from '@nfscope/model/prometheus';

// Tags of prometheus.TimeSeries and prometheus.Label: the number of a field times 8, and 2 for bytes.
const labelsTag = 0x0a;
const nameTag = 0x0a;
const valueTag = 0x12;

const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** A label as a field of its series. */
export const labelField = (name: string, value: string): Uint8Array =>
  field(labelsTag, Buffer.concat([field(nameTag, utf8(name)), field(valueTag, utf8(value))]));

/** Two places in the fields that follow: a reader takes the labels of a series in the order of their names only. */
const PLACES = 8;

/**
 * Labels as the fields of their series. `__name__` and `le`, which differ from line to line of a histogram, are not among
 * them: where they go stands in front. A label that a series has already stays as it is.
 */
export const renderLabels =
  (external: Readonly<Record<string, string>>) =>
  (pairs: readonly LabelPair[]): Uint8Array => {
    const all = [...new Map([...Object.entries(external).filter(([, value]) => value !== ''), ...pairs])].sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    const before = (name: string) => all.filter(([own]) => own < name).map(([own, value]) => labelField(own, value));
    const [toName, toBound, fields] = [before('__name__'), before('le'), all.map(([name, value]) => labelField(name, value))];
    const bytes = Buffer.concat([Buffer.alloc(PLACES), ...fields]);
    [toName, toBound].forEach((parts, index) => bytes.writeUInt32LE(PLACES + Buffer.concat(parts).length, 4 * index));
    return bytes;
  };

/** Where `__name__` and `le` go, what comes before them, between them and behind. */
export const partsOf = ({ bytes }: Labels): readonly [Uint8Array, Uint8Array, Uint8Array] => {
  const [name, bound] = [uint32(bytes, 0), uint32(bytes, 4)];
  return [bytes.subarray(PLACES, name), bytes.subarray(name, bound), bytes.subarray(bound)];
};

const uint32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x10000 + bytes[at + 3]! * 0x1000000;
