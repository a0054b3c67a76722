import { bytesTag, fixed64Tag } from './protobuf-writer.ts';

// What Gauge, Sum, Histogram and ExponentialHistogram have alike, and so their points.
export const DATA_POINTS = bytesTag(1);
export const START_TIME = fixed64Tag(2);
export const TIME = fixed64Tag(3);
// Of the points of both histograms.
export const COUNT = fixed64Tag(4);
export const SUM = fixed64Tag(5);
/** DataPointFlags. */
export const NO_RECORDED_VALUE = 1;
