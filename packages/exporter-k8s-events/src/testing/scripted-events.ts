import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { refuse } from '@nfscope/test-api-server';

/** An object of the API as JSON. */
// oxlint-disable-next-line no-explicit-any -- a test reads what it knows to be there
type Json = any;

interface SeenEventRequest {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Json;
  readonly atMs: number;
}

/** What becomes of one request; `take` does what the API server would have done. */
export type EventAnswer = (response: ServerResponse, take: () => void) => void;

/** The Events of an API server that keeps them, and misbehaves when the test says so. */
export interface ScriptedEvents {
  readonly port: number;
  /** By their path. */
  readonly events: ReadonlyMap<string, Json>;
  readonly requests: readonly SeenEventRequest[];
  /** What is accepted as a token. */
  token: string;
  /** Of one request each, those that come next. */
  answer(...answers: readonly EventAnswer[]): void;
  /** Of all requests that no other answer is for; undefined for what an API server does. */
  always: EventAnswer | undefined;
  close(): Promise<void>;
}

/** Listens with the key and the certificate of a folder of makeServiceAccount. */
export const scriptedEvents = async (serviceAccountPath: string, listenOn = 0): Promise<ScriptedEvents> => {
  const events = new Map<string, Json>();
  const requests: SeenEventRequest[] = [];
  const answers: EventAnswer[] = [];
  const [key, cert] = ['key.pem', 'ca.crt'].map((name) => readFileSync(join(serviceAccountPath, name)));

  const take = ({ method, path, body }: SeenEventRequest, response: ServerResponse): void => {
    const send = (status: number, object: object): void => void response.writeHead(status).end(JSON.stringify(object));
    if (method === 'POST') {
      const place = `${path}/${body.metadata.name}`;
      if (events.has(place)) return refuse(response, 409, `events.events.k8s.io "${body.metadata.name}" already exists`);
      events.set(place, body);
      return send(201, body);
    }
    const before = events.get(path);
    if (before === undefined) return refuse(response, 404, 'events.events.k8s.io not found');
    events.set(path, { ...before, ...body });
    send(200, events.get(path));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const piece of request) text += piece;
    const { method, url, headers } = request;
    const seen = { method: method!, path: url!, type: headers['content-type'], body: JSON.parse(text), atMs: performance.now() };
    requests.push(seen);
    const taken = (): void => take(seen, response);
    const answer = answers.shift() ?? scripted.always;
    if (answer !== undefined) answer(response, taken);
    else if (headers.authorization !== `Bearer ${scripted.token}`) refuse(response, 401, 'Unauthorized');
    else taken();
  };

  const server = createServer({ key: key!, cert: cert! }, (request, response) => void serve(request, response).catch(() => {}));
  await once(server.listen(listenOn, '127.0.0.1'), 'listening');
  const scripted: ScriptedEvents = {
    port: (server.address() as AddressInfo).port,
    events,
    requests,
    token: 'first',
    answer: (...more) => void answers.push(...more),
    always: undefined,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return scripted;
};
