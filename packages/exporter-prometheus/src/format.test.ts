import { describe, expect, test } from 'vitest';
import { negotiateFormat } from './format.ts';

const text = 'text/plain; version=0.0.4; charset=utf-8';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('Accept', () => {
  test.each<[who: string, accept: string | undefined, contentType: string, utf8: boolean]>([
    ['nobody in particular', undefined, text, false],
    ['who says nothing', '', text, false],
    ['curl', '*/*', text, false],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', text, false],
    [
      'Prometheus 2.42',
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      openMetrics,
      false,
    ],
    [
      'Prometheus 3',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      `${openMetrics}; escaping=allow-utf-8`,
      true,
    ],
    [
      'UTF-8 in text',
      'text/plain;version=1.0.0;escaping=allow-utf-8',
      'text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8',
      true,
    ],
    ['a scheme that is not written', 'text/plain;escaping=dots', `${text}; escaping=underscores`, false],
    ['text by its weight', 'application/openmetrics-text;q=0.4, text/plain;q=0.5', text, false],
    ['OpenMetrics in capitals, quoted', 'APPLICATION/OpenMetrics-Text; Version="1.0.0"; Q=0.1', openMetrics, false],
    ['the old OpenMetrics', 'application/openmetrics-text;version=0.0.1', openMetrics.replace('1.0.0', '0.0.1'), false],
    ['a version that is to come', 'application/openmetrics-text;version=3.0.0,text/plain;q=0.1', text, false],
    ['who does not want OpenMetrics', 'application/openmetrics-text;q=0, text/*;q=0.1', text, false],
    ['what cannot be had', 'application/json', text, false],
    ['a weight that is none', 'application/openmetrics-text;q=much, text/plain;q=0.1', text, false],
  ])('of %s', (_, accept, contentType, utf8) => {
    expect(negotiateFormat(accept)).toMatchObject({ contentType, utf8 });
  });
});
