import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Change } from '../table.ts';
import type { PodFacts } from '../facts.ts';
import { GRACE_MS } from '../lookup-table.ts';
import { cgroupAt, naming, podNamed } from '../testing/naming.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
};

const [PODS_A_SECOND, SECONDS, TICK_MS, BATCH_MS] = [1000, 60, 10, 1000];
/** What the metrics connector waits for a name. */
const HELD_MS = 10_000;
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
const uidOf = (n: number): string => `${hex(n, 8)}-0a5b-4c7d-9e1f-2b3a4c5d6e7f`;
const idOf = (n: number): string => hex(n, 64);
const pathOf = (n: number): string => `/kubepods/burstable/pod${uidOf(n)}/${idOf(n)}`;

/** A fixed series of numbers below 1. */
const random = (seed: number) => (): number => {
  seed = (seed * 1664525 + 1013904223) % 2 ** 32;
  return seed / 2 ** 32;
};

test('a thousand pods a second for a minute: all bytes have a name, and nothing of them stays', { timeout: 120_000 }, () => {
  let nowMs = 0;
  const now = (): number => nowMs;
  const next = random(7);
  const fact = (n: number, withContainer = true): PodFacts =>
    podNamed(uidOf(n), withContainer ? { [idOf(n)]: 'app' } : {}, { name: `job-${n}`, labels: new Map([['app', 'job']]), owner: null });

  let named = naming({ sources: 2, now });
  const [api, cri] = named.known as [(typeof named.known)[0], (typeof named.known)[0]];
  const standing = Array.from({ length: 1000 }, (_, i) => fact(1e9 + i));
  api.pods.replace(standing);
  cri.pods.replace(standing);

  type Act = () => void;
  const agenda = new Map<number, Act[]>();
  const at = (ms: number, act: Act): void => {
    const tick = Math.ceil(ms / TICK_MS) * TICK_MS;
    const acts = agenda.get(tick);
    if (acts === undefined) agenda.set(tick, [act]);
    else acts.push(act);
  };
  let [told, heard]: [Change<PodFacts>[], Change<PodFacts>[]] = [[], []];
  /** Pods that sent something since the last batch, and what each has sent. */
  let fresh: number[] = [];
  const bytes = new Map<number, number>();
  let [all, unnamed, withoutContainer, sources, late] = [0, 0, 0, 0, 0];

  /** A pod that lives 20 ms to 3 s, writes all the time, and is flushed up to 5 s after its end. */
  const live = (n: number, bornMs: number): void => {
    const endMs = bornMs + 20 + next() ** 2 * 3000;
    at(bornMs, () => told.push({ kind: 'set', item: fact(n, false) }));
    // A runtime that is polled misses those that live shorter than that.
    const polledMs = bornMs + next() * 1500;
    if (polledMs < endMs) at(polledMs, () => heard.push({ kind: 'set', item: fact(n) }));
    // The status of a container comes about a second after it, and so not at all for many.
    if (endMs > bornMs + 1000) at(bornMs + 1000, () => told.push({ kind: 'set', item: fact(n) }));
    at(endMs, () => heard.push({ kind: 'delete', key: uidOf(n) }));
    at(endMs + 100, () => told.push({ kind: 'delete', key: uidOf(n) }));
    // One in ten has its cgroup seen only when its pages are flushed.
    const firstMs = next() < 0.1 ? endMs + next() * 5000 : bornMs + 10;
    at(firstMs, () => fresh.push(n));
    bytes.set(n, Math.ceil(next() * 1e6));
  };

  const batch = (): void => {
    const seen = fresh.map((n) => [n, named.take(cgroupAt(pathOf(n)))] as const);
    fresh = [];
    const { resource, waits } = named;
    for (const [n, index] of seen) {
      const count = (): void => {
        sources++;
        const sent = bytes.get(n)!;
        bytes.delete(n);
        all += sent;
        if (resource(index)['k8s.pod.name'] !== `job-${n}`) unnamed += sent;
        if (resource(index)['k8s.container.name'] !== 'app') withoutContainer += sent;
      };
      // It leaves when nobody waits for it any more, and after the time that it is held back whatever has come.
      if (waits(index)) {
        late++;
        at(nowMs + HELD_MS, count);
      } else count();
    }
    for (const { pods } of named.known) pods.sweep();
  };

  const pass = (untilMs: number, born: boolean): void => {
    for (; nowMs < untilMs; nowMs += TICK_MS) {
      if (born) for (let i = 0; i < (PODS_A_SECOND * TICK_MS) / 1000; i++) live((nowMs / TICK_MS) * 10 + i, nowMs);
      for (const act of agenda.get(nowMs) ?? []) act();
      agenda.delete(nowMs);
      if (told.length > 0) api.pods.apply(told);
      if (heard.length > 0) cri.pods.apply(heard);
      [told, heard] = [[], []];
      if (nowMs % BATCH_MS === 0) batch();
    }
  };

  pass(2000, true);
  pass(2000 + GRACE_MS + 20_000, false);
  [all, unnamed, withoutContainer, sources, late] = [0, 0, 0, 0, 0];
  const before = heap();
  const startMs = nowMs;
  const cpu = process.cpuUsage();
  pass(startMs + SECONDS * 1000, true);
  const { user } = process.cpuUsage(cpu);
  const most = heap();
  const gone = api.pods.counts.deleted;
  pass(startMs + SECONDS * 1000 + GRACE_MS + 20_000, false);
  const kept = heap();
  const rows = named.sources.length;
  named.leave();
  named = naming({ sources: 0 });
  const after = heap();

  const MB = (value: number): string => `${(value / 2 ** 20).toFixed(1)} MB`;
  console.log(
    `${sources} sources of ${PODS_A_SECOND * SECONDS} pods, ${late} of them late; unattributed ${((100 * unnamed) / all).toFixed(4)} %,` +
      ` without a container’s name ${((100 * withoutContainer) / all).toFixed(1)} %;` +
      ` heap ${MB(before)} before, ${MB(most)} at the end of the minute, ${MB(kept)} with ${rows} rows of sources, ${MB(after)} without;` +
      ` ${(user / 1e6 / SECONDS).toFixed(2)} s of CPU a second`,
  );
  expect(sources).toBe(PODS_A_SECOND * SECONDS);
  expect(unnamed / all).toBeLessThan(0.001);
  expect(gone).toBeGreaterThan(PODS_A_SECOND * SECONDS);
  expect([api.pods.counts.size, cri.pods.counts.size]).toEqual([1000, 1000]);
  expect(after).toBeLessThan(before * 1.05);
});
