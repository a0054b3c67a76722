import { expect, test } from 'vitest';
import { traceContext } from './trace-context.ts';

const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const joined = { traceId: trace, parentSpanId: parent };

// The examples of W3C Trace Context, sections 3.2.3 to 3.2.4, and what they say is invalid.
test.each<[what: string, text: string, context: object | undefined]>([
  ['one that is recorded', `00-${trace}-${parent}-01`, joined],
  ['one that is not', `00-${trace}-${parent}-00`, undefined],
  ['other flags beside', `00-${trace}-${parent}-03`, joined],
  ['a later version', `cc-${trace}-${parent}-01`, joined],
  ['a later version with more to it', `cc-${trace}-${parent}-01-what-the-future-will-be-like`, joined],
  ['version 00 with more to it', `00-${trace}-${parent}-01-what`, undefined],
  ['a later version with more that is not set apart', `cc-${trace}-${parent}-01what`, undefined],
  ['version ff', `ff-${trace}-${parent}-01`, undefined],
  ['no trace', `00-${'0'.repeat(32)}-${parent}-01`, undefined],
  ['no parent', `00-${trace}-${'0'.repeat(16)}-01`, undefined],
  ['upper case', `00-${trace.toUpperCase()}-${parent}-01`, undefined],
  ['cut off', `00-${trace}-${parent}`, undefined],
  ['empty', '', undefined],
])('%s', (_, text, context) => {
  expect(traceContext(text)).toEqual(context);
});
