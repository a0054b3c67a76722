import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe, Probed } from './pod.ts';

/** A kubelet takes every status from 200 to 399 for a success. */
async function answers({ port, path, timeoutSeconds }: Probe): Promise<boolean> {
  try {
    // The sandbox has the network of the node, so the pod's address is the node's.
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(timeoutSeconds * 1000) });
    await response.body?.cancel();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false;
  }
}

/** Asks until told to stop, or, when it is a startup probe, until one answer was good or too many in a row were not. */
export async function probe(one: Probe, stop: AbortSignal): Promise<Probed> {
  let [succeeded, failed, inARow] = [0, 0, 0];
  while (!stop.aborted) {
    if (await answers(one)) {
      succeeded++;
      inARow = 0;
    } else {
      failed++;
      inARow++;
    }
    if (inARow >= one.failureThreshold || (one.kind === 'startup' && succeeded > 0)) break;
    await sleep(one.periodSeconds * 1000, undefined, { signal: stop }).catch(() => undefined);
  }
  return { kind: one.kind, succeeded, failed, tripped: inARow >= one.failureThreshold };
}
