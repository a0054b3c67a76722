import type { HttpAnswer } from '@nfscope/pipeline';
import type { WriteRequest } from './request-writer.ts';

/** What a receiver has written of a request. */
export interface Written {
  readonly samples: number;
  readonly histograms: number;
}

const prefix = 'x-prometheus-remote-write-';

/**
 * What an answer says it is. Remote-write 2.0, "Required Written Response Headers": one that is not there is 0; without any of
 * them, undefined, the receiver is one of 1.0.
 */
export const writtenOf = ({ headers }: Pick<HttpAnswer, 'headers'>): Written | undefined => {
  const [samples, histograms, exemplars] = ['samples', 'histograms', 'exemplars'].map((what) => headers[`${prefix}${what}-written`]);
  if ((samples ?? histograms ?? exemplars) === undefined) return undefined;
  const count = (text: string | string[] | undefined): number => Number(text) || 0;
  return { samples: count(samples), histograms: count(histograms) };
};

/** What is missing, in words; undefined when nothing is. */
export const shortfall = ({ samples, histograms }: WriteRequest, written: Written): string | undefined => {
  const isWhole = written.samples >= samples && written.histograms >= histograms;
  if (isWhole) return undefined;
  const native = histograms === 0 ? '' : ` and ${written.histograms} of ${histograms} histograms`;
  return `${written.samples} of ${samples} samples${native} are written`;
};
