// What Prometheus calls metrics and attributes.
export { labelName, namesOf, prometheusName, translationStrategies, type Names, type TranslationStrategy } from './names.ts';
// The series of a snapshot as Prometheus knows them: by one name and one set of labels.
export { familiesOf, targetInfo, type Family, type FamilyMember, type Omit } from './families.ts';
export { equalLabels, labelCache, type LabelCache, type LabelPair, type Labels, type LabelSettings } from './labels.ts';
export { seriesOf, type FamilyWithSeries, type SeriesSet } from './series.ts';
// Numbers as its formats write them.
export { canonicalText, numberText } from './number-text.ts';
// Histograms whose bounds are a part of its own scale.
export { exponentialOf, type Exponential } from './exponential.ts';
export { nativeBuckets, type NativeBuckets, type NativeTags } from './native-buckets.ts';
// The bytes of its protobuf messages.
export { DOUBLE_LENGTH, field, putDouble, putField, putVarint, putZigzag, VARINT_LENGTH } from './protobuf-writer.ts';
