import { field, type LabelPair, type Labels } from '@nfscope/model/prometheus';
import { labelParts } from './label-parts.ts';

// Tags of prometheus.TimeSeries and prometheus.Label: the number of a field times 8, and 2 for bytes.
const labelsTag = 0x0a;
const nameTag = 0x0a;
const valueTag = 0x12;

const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** A label as a field of its series. */
export const labelField = (name: string, value: string): Uint8Array =>
  field(labelsTag, Buffer.concat([field(nameTag, utf8(name)), field(valueTag, utf8(value))]));

/** Two places in the fields that follow. */
const PLACES = 8;

/** Labels as the fields of their series: where `__name__` and `le` go stands in front. */
export const renderLabels = (external: Readonly<Record<string, string>>) => {
  const partsOfPairs = labelParts(external);
  return (pairs: readonly LabelPair[]): Uint8Array => {
    const parts = partsOfPairs(pairs).map((part) => Buffer.concat(part.map(([name, value]) => labelField(name, value))));
    const bytes = Buffer.concat([Buffer.alloc(PLACES), ...parts]);
    const name = PLACES + parts[0]!.length;
    bytes.writeUInt32LE(name, 0);
    bytes.writeUInt32LE(name + parts[1]!.length, 4);
    return bytes;
  };
};

/** Where `__name__` and `le` go, what comes before them, between them and behind. */
export const partsOf = ({ bytes }: Labels): readonly [Uint8Array, Uint8Array, Uint8Array] => {
  const [name, bound] = [uint32(bytes, 0), uint32(bytes, 4)];
  return [bytes.subarray(PLACES, name), bytes.subarray(name, bound), bytes.subarray(bound)];
};

const uint32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x10000 + bytes[at + 3]! * 0x1000000;
