import { child } from './child.ts';
import { podList } from './pod-list.ts';
import type { Row } from './row.ts';
import { ratioToMedian, spreadOf } from './spread.ts';

const PODS = 1000;
/** Of all of them. */
const BUDGET = 2;
const ROUNDS = 3;

/** Heap that pods take, MiB. */
const heapOf = async (what: string): Promise<number> => {
  const measuring = child('pods-child.js', [what, String(PODS)]);
  try {
    return (((await measuring.said()) as number) * PODS) / 2 ** 20;
  } finally {
    await measuring.end();
  }
};

/** Names of pods as the processor keeps them by default, beside the informer of the Kubernetes client, of the same list. */
export const pods = async (): Promise<Row> => {
  const [own, other]: [number[], number[]] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    own.push(await heapOf('nfscope'));
    other.push(await heapOf('informer'));
  }
  return {
    what: `names of ${PODS} pods`,
    unit: 'MiB',
    budget: `<= ${BUDGET}`,
    measured: spreadOf(own),
    alternative: { name: 'informer of @kubernetes/client-node', measured: spreadOf(other) },
    ratio: ratioToMedian(own, other),
    met: Math.max(...own) <= BUDGET,
    reason: `of ${(podList(PODS).length / PODS / 1024).toFixed(1)} KiB of JSON each`,
  };
};
