import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiServer, serviceAccountAccess } from '@nfscope/kubernetes';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { makeServiceAccount, noOpenssl, ScriptedApiServer, type PodObject } from '@nfscope/test-api-server';
import { filter, firstValueFrom, map, startWith } from 'rxjs';
import { afterEach } from 'vitest';
import { podFacts } from '../object-facts.ts';
import { watchObjects, type Pace } from '../object-watch.ts';
import type { Resource } from '../resource.ts';
import { nameTable, type Named } from './name-table.ts';

export const fast: Pace = {
  headersMs: 2000,
  silenceMs: 60_000,
  watchMs: 300_000,
  soundMs: 10_000,
  leastPauseMs: 20,
  mostPauseMs: 200,
  listMs: 0,
  forbiddenMs: 100,
};
const podsOfNode = { name: 'pods', path: '/api/v1/pods', fieldSelector: 'spec.nodeName=node-1', facts: podFacts };

export const pod = (uid: string, more: { node?: string; name?: string } = {}): PodObject => ({
  metadata: { uid, namespace: 'default', name: more.name ?? `name-of-${uid}` },
  spec: { nodeName: more.node ?? 'node-1' },
});

export const account = noOpenssl === undefined ? makeServiceAccount() : '';
export const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
  if (account) writeFileSync(join(account, 'token'), 'first\n');
});

/** A server with the account above; both are gone after the test. */
export const listening = async (): Promise<{ server: ScriptedApiServer; port: number }> => {
  const server = new ScriptedApiServer(account);
  toClose.push(() => server.close());
  return { server, port: await server.listen() };
};

/** A watch of the pods of node-1, or of something else, and what it knows. */
export const watching = (port: number, pace: Partial<Pace> = {}, serviceAccountPath = account, resource: Resource<Named> = podsOfNode) => {
  const [table, log] = [nameTable(), recordingLogger()];
  const asked = apiServer(serviceAccountAccess('127.0.0.1', port, serviceAccountPath), 'test');
  const watch = watchObjects(asked, resource, table, log, { ...fast, ...pace });
  toClose.push(() => watch.stop());
  const state = (uid: string): string => table.known.get(uid) ?? 'unknown';
  /** Resolves when an object is what is expected of it. */
  const until = (uid: string, expected: string): Promise<string> =>
    firstValueFrom(
      table.changed.pipe(
        startWith(undefined),
        map(() => state(uid)),
        filter((now) => now === expected),
      ),
    );
  return { log, watch, state, until };
};
