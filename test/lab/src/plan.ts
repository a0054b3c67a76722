import { kernels } from './kernel.ts';
import type { Rights } from './rights.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';

/** A cell of the matrix. */
export interface Planned {
  readonly kernel: string;
  readonly scenario: Scenario;
  readonly rights: Rights;
}

/** Everything `npm run lab:matrix` runs: each scenario on each kernel it is for, with two capabilities and as root. */
export const plan: readonly Planned[] = scenarios.flatMap((scenario) =>
  (scenario.kernels ?? [...kernels.keys()]).flatMap((kernel) =>
    (scenario.ownRights ? (['root'] as const) : (['two', 'root'] as const)).map((rights) => ({ kernel, scenario, rights })),
  ),
);

/** What `npm test` runs of it: every kind of failure on the kernel that most nodes have, the main thing on a newer one too. */
export const core: ReadonlySet<string> = new Set([
  'two-pods on 6.1 as root',
  'two-pods on 6.1 with two capabilities',
  'two-pods on 6.12 with two capabilities',
  'writeback on 6.1 with two capabilities',
  'writeback on 6.12 as root',
  'writeback-nomemcg on 6.1 with two capabilities',
  'writeback-cgv1 on 6.1 with two capabilities',
  'layers on 6.1 with two capabilities',
  'otlp on 6.1 as root',
  'otlp on 6.12 as root',
  'collector-slow on 6.12 with two capabilities',
  'start on 6.1 as root',
  'image on 6.1 as root',
  'pods on 6.1 with two capabilities',
  'stuck on 6.1 with two capabilities',
  'namespaces on 6.12 with two capabilities',
  'latency on 6.1 as root',
  'identity on 6.1 with two capabilities',
  'tiny on 6.12 as root',
  'overload on 6.1 as root',
  'restart on 6.1 as root',
  'reload on 6.1 as root',
  'handover on 6.1 as root',
  'modules on 6.1 as root',
  'bad-input on 6.1 as root',
]);

export const inWords = ({ kernel, scenario, rights }: Planned): string =>
  `${scenario.name} on ${kernel} ${rights === 'root' ? 'as root' : 'with two capabilities'}`;

export const isCore = (planned: Planned): boolean => core.has(inWords(planned));
