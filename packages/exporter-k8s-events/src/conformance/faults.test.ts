// One fault each, on the wire: what no real API server shows on demand, and what becomes of a record, and of another exporter's.
import { signals, type LogsBatch } from '@nfscope/model';
import { exportQueue, sendingConfig } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { makeServiceAccount, noOpenssl, refuse } from '@nfscope/test-api-server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { batchOf, podOf, stuck } from '../testing/records.ts';
import { scriptedEvents, type EventAnswer, type ScriptedEvents } from '../testing/scripted-events.ts';
import { sendingTo, type Sending } from '../testing/sending.ts';

const account = noOpenssl === undefined ? makeServiceAccount() : '';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  vi.unstubAllEnvs();
});

const started = async (timeout = '20s'): Promise<{ server: ScriptedEvents; sending: Sending }> => {
  const server = await scriptedEvents(account);
  const sending = await sendingTo(server.port, account, {}, timeout);
  ends.push(server.close, sending.end);
  return { server, sending };
};

/** The queue of an exporter that nothing is the matter with. */
const other = () => {
  const taken: LogsBatch[] = [];
  const queue = exportQueue<LogsBatch>(async (batch) => void taken.push(batch), {
    passing: signals.logs,
    config: sendingConfig.parse({}),
    log: recordingLogger(),
  });
  ends.push(() => queue.shutdown(AbortSignal.timeout(100)));
  return { queue, taken };
};

const reset: EventAnswer = (response) => void response.socket!.destroy();
const text =
  (status: number, body: string): EventAnswer =>
  (response) =>
    void response.writeHead(status).end(body);
const says =
  (status: number, message: string, headers = {}): EventAnswer =>
  (response) =>
    refuse(response, status, message, headers);

describe.skipIf(noOpenssl !== undefined)(`faults${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, { timeout: 60_000 }, () => {
  test.each<[string, EventAnswer, 'sent again' | 'refused', string]>([
    ['429', says(429, 'too many requests'), 'sent again', 'answers 429: too many requests'],
    ['500', says(500, 'etcdserver: no leader'), 'sent again', 'answers 500: etcdserver: no leader'],
    ['502 of a proxy', text(502, '<html>'), 'sent again', 'answers 502: HTTP 502'],
    ['409 of a change', says(409, 'the object has been modified'), 'sent again', ''],
    ['401, while the token is replaced', says(401, 'Unauthorized'), 'sent again', 'does not accept the token'],
    ['reset before the answer', reset, 'sent again', 'socket hang up'],
    ['no answer', () => {}, 'sent again', 'not done within 1000 ms'],
    [
      'made, and the answer is lost',
      (response, take) => {
        Object.assign(response, { end: () => reset(response, take), writeHead: () => response });
        take();
      },
      'sent again',
      'socket hang up',
    ],
    ['a path that is not there', says(404, 'the server could not find the requested resource'), 'refused', 'could not find'],
    ['another address', text(301, ''), 'refused', 'HTTP 301'],
    ['too large', text(413, ''), 'refused', 'HTTP 413'],
  ])('%s', async (what, answer, fate, reason) => {
    const { server, sending } = await started(what === 'no answer' ? '1s' : '20s');
    const [batch, beside] = [batchOf([podOf('etl-7'), stuck()], [podOf('web-1'), stuck()]), other()];
    server.answer(answer);
    void beside.queue.push(batch);
    await sending.push(batch);
    const { sent, refused, retried } = sending.queue.counts;
    // That it is there already is what was wanted, whoever made it.
    const again = what.startsWith('409') ? 0 : 1;
    expect({ sent, refused, retried }).toEqual(
      fate === 'refused' ? { sent: 0, refused: 2, retried: 0 } : { sent: 2, refused: 0, retried: again },
    );
    const names = [...server.events.values()].map(({ regarding }) => regarding.name);
    expect(names).toEqual(fate === 'refused' || again === 0 ? ['web-1'] : ['etl-7', 'web-1']);
    expect(sending.log.messages('warn')).toHaveLength(reason === '' ? 0 : 1);
    if (reason !== '') expect(sending.log.records[0]!.fields['error']).toMatchObject({ message: expect.stringContaining(reason) });
    expect(await sending.counts.read()).toEqual(fate === 'refused' ? { 'refused invalid': 1 } : {});
    expect(beside.taken).toEqual([batch]);
  });

  test('429 with Retry-After: nothing is asked before, whatever it is', async () => {
    const { server, sending } = await started();
    server.answer(says(429, 'too many requests', { 'retry-after': '1' }));
    void sending.queue.push(batchOf([podOf('etl-7'), stuck()]));
    await vi.waitUntil(() => server.requests.length === 1, { timeout: 30_000 });
    await sending.push(batchOf([podOf('web-1'), stuck()]));
    expect(server.requests[1]!.atMs - server.requests[0]!.atMs).toBeGreaterThanOrEqual(999);
    expect([...server.events.values()].map(({ regarding }) => regarding.name)).toEqual(['etl-7', 'web-1']);
  });

  test('an attempt that ends in the middle: what was told is not told again', async () => {
    const { server, sending } = await started();
    const pods = Array.from({ length: 6 }, (_, i) => podOf(`pod-${i}`));
    const pass: EventAnswer = (_, take) => take();
    server.answer(pass, pass, says(503, 'no'), pass, reset);
    await sending.push(batchOf(...pods.map((pod) => [pod, stuck()] as const)));
    expect(server.requests.map(({ body }) => body.regarding.name)).toEqual(
      ['pod-0', 'pod-1', 'pod-2', 'pod-2', 'pod-3', 'pod-3', 'pod-4', 'pod-5'],
    ); // prettier-ignore
    expect(sending.queue.counts).toMatchObject({ sent: 6, retried: 2 });
  });

  test('down, and back: attempts cost no share', async () => {
    const down = await scriptedEvents(account);
    await down.close();
    const sending = await sendingTo(down.port, account, { burst: 1 });
    ends.push(sending.end);
    void sending.queue.push(batchOf([podOf('etl-7'), stuck()]));
    await vi.waitUntil(() => sending.queue.counts.retried > 2, { timeout: 30_000 });
    const server = await scriptedEvents(account, down.port);
    ends.push(server.close);
    await vi.waitUntil(() => sending.queue.counts.sent === 1, { timeout: 30_000 });
    expect(server.events.size).toBe(1);
    expect(sending.log.records.map(({ message }) => message)).toEqual(['export failed, trying again', 'exports again']);
  });

  test('a 403 of a server that was just away is no last word: it may not have read the roles', async () => {
    const { server, sending } = await started();
    server.answer(says(503, 'no'), says(403, 'forbidden'), says(403, 'forbidden'));
    await sending.push(batchOf([podOf('etl-7'), stuck()]));
    expect(server.events.size).toBe(1);
    expect(sending.log.records.map(({ message }) => message)).toEqual(['export failed, trying again', 'exports again']);
    server.answer(says(503, 'no'), (response, take) => {
      sending.later(30_000);
      says(403, 'forbidden')(response, take);
    });
    await sending.push(batchOf([podOf('web-1'), stuck()]));
    expect(server.events.size).toBe(1);
    expect(await sending.counts.read()).toEqual({ 'refused forbidden': 1 });
  });

  test('exports at the same time: nothing is told twice', async () => {
    const { server, sending } = await started();
    const batches = [0, 1, 2].map((i) => batchOf([podOf('etl-7'), stuck(i)]));
    await Promise.all(batches.map((batch) => sending.exporter.export(batch, AbortSignal.timeout(5_000))));
    expect(server.events.size).toBe(1);
    expect(server.requests.map(({ method, body }) => `${method} ${body.series?.count ?? 1}`)).toEqual(['POST 1', 'PATCH 2', 'PATCH 3']);
  });

  test('a batch that a later process sends again makes no second Event', async () => {
    const server = await scriptedEvents(account);
    ends.push(server.close);
    for (const sending of [await sendingTo(server.port, account), await sendingTo(server.port, account)]) {
      ends.push(sending.end);
      await sending.push(batchOf([podOf('etl-7'), stuck()], [podOf('etl-7'), stuck(1)]));
      expect(sending.queue.counts).toMatchObject({ sent: 2, retried: 0, refused: 0 });
    }
    expect([...server.events.values()]).toMatchObject([{ series: { count: 2 } }]);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'PATCH']);
  });
});
