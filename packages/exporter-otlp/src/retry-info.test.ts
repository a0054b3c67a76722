import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-info.ts';

const status = '08081209736c6f7720646f776e';
const retryInfo = '0a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279496e666f';
const debugInfo = '1a2f0a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4465627567496e666f1203120178';

// As protobufjs encodes them.
test.each<[string, string, number | undefined]>([
  ['1.5 s', `${status}1a36${retryInfo}120a0a0808011080cab5ee01`, 1500],
  ['60 s, after a detail of another kind', `${status}${debugInfo}1a30${retryInfo}12040a02083c`, 60_000],
  ['no detail of that kind', `${status}${debugInfo}`, undefined],
  ['no detail', status, undefined],
  ['nothing', '', undefined],
  ['without a duration', `${status}1a2c${retryInfo}1200`, 0],
  ['a negative duration', `${status}1a39${retryInfo}120d0a0b08ffffffffffffffffff01`, 0],
  ['cut off', `${status}1a36${retryInfo}`.slice(0, 60), undefined],
  ['no protobuf', Buffer.from('please slow down').toString('hex'), undefined],
])('%s', (_, hex, ms) => {
  expect(retryDelayMs(Buffer.from(hex, 'hex'))).toBe(ms);
});
