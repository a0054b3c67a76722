import type { Scenario } from '../scenario.ts';
import { backends } from './backends.ts';
import { badInput } from './bad-input.ts';
import { collectorSlow } from './collector-slow.ts';
import { collector } from './collector.ts';
import { coverage } from './coverage.ts';
import { handover } from './handover.ts';
import { identity } from './identity.ts';
import { image } from './image.ts';
import { latency } from './latency.ts';
import { layers } from './layers.ts';
import { modules } from './modules.ts';
import { namespaces } from './namespaces.ts';
import { otlp } from './otlp.ts';
import { overload } from './overload.ts';
import { pods } from './pods.ts';
import { reload } from './reload.ts';
import { restart } from './restart.ts';
import { server } from './server.ts';
import { slow } from './slow.ts';
import { start } from './start.ts';
import { storm, stormPreempt } from './storm.ts';
import { stuck } from './stuck.ts';
import { tiny } from './tiny.ts';
import { twoPods } from './two-pods.ts';
import { writeback, writebackCgv1, writebackNomemcg } from './writeback.ts';

// In the order in which a whole test run goes through them.
export const scenarios: readonly Scenario[] = [
  twoPods,
  start,
  otlp,
  backends,
  collector,
  collectorSlow,
  image,
  writeback,
  writebackNomemcg,
  writebackCgv1,
  layers,
  stuck,
  namespaces,
  latency,
  slow,
  coverage,
  identity,
  tiny,
  overload,
  restart,
  reload,
  handover,
  modules,
  server,
  storm,
  stormPreempt,
  badInput,
  pods,
];
