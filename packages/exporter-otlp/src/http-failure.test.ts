import { PermanentError, RetryableError, retryAfterMs } from '@nfscope/pipeline';
import { expect, test } from 'vitest';
import { failureOf } from './http-failure.ts';

const url = new URL('http://nas.example:4318/v1/metrics');
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const failed = (status: number, headers: Record<string, string> = {}, body: string | Buffer = '') =>
  failureOf({ status, headers, body: Buffer.from(body) }, url, NOW);

// The table of the OTLP specification, "OTLP/HTTP Response".
test.each([
  [400, false],
  [401, false],
  [403, false],
  [404, false],
  [408, false],
  [413, false],
  [429, true],
  [500, false],
  [501, false],
  [502, true],
  [503, true],
  [504, true],
  [301, false],
])('%i: again %s', (status, again) => {
  const error = failed(status);
  expect([error instanceof PermanentError, error instanceof RetryableError]).toEqual([!again, false]);
  expect(error!.message).toMatch(new RegExp(`^http://nas.example:4318/v1/metrics answers ${status} [A-Z]`));
});

test.each([200, 202, 204])('%i is a success', (status) => expect(failed(status)).toBeUndefined());

// RFC 9110, section 10.2.3.
test.each([
  ['120', 120_000],
  ['0', 0],
  ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (text, ms) => expect(retryAfterMs(text, NOW)).toBe(ms));

test.each([
  [429, '7', 7_000],
  [503, '0', 0],
  [400, '7', undefined],
])('%i with Retry-After: %s: again after %s ms', (status, after, ms) => {
  expect((failed(status, { 'retry-after': after }) as RetryableError).waitMs).toBe(ms);
});

test.each<[string, string, string | Buffer, string]>([
  ['text', 'text/plain', 'wrong password\n', ': wrong password'],
  // google.rpc.Status with code 3 and a message.
  ['a status', 'application/x-protobuf', Buffer.from('08031203626164', 'hex'), ': bad'],
  ['nothing', 'text/plain', '', ''],
  ['more than a line holds', 'text/html', 'x'.repeat(300), `: ${'x'.repeat(200)}`],
])('the backend says %s', (_, type, body, words) => {
  expect(failed(401, { 'content-type': type }, body)!.message).toBe(`http://nas.example:4318/v1/metrics answers 401 Unauthorized${words}`);
});

test('what it says cannot break a terminal', () => {
  expect(failed(400, {}, 'a\u001b[2Jb')!.message).not.toContain('\u001b');
});
