import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[] }[];
}

/** Runs the contract of all broken components: the tests that failed, by the component's type. */
const failures = async (): Promise<Record<string, string[]>> => {
  const cwd = fileURLToPath(new URL('../../../..', import.meta.url));
  const config = 'packages/pipeline/testdata/broken-components.config.mjs';
  const report = await new Promise<Report>((resolve, reject) => {
    // As on a machine that only checks: a file that is not there is a failure.
    const env = { ...process.env, CI: '1' };
    execFile(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--config', config, '--reporter=json'],
      { cwd, env, maxBuffer: 1 << 26 },
      // It ends with 1, as tests fail.
      (error, stdout) => (stdout === '' ? reject(error) : resolve(JSON.parse(stdout) as Report)),
    );
  });
  const found: Record<string, string[]> = {};
  for (const { fullName, status } of report.testResults.flatMap(({ assertionResults }) => assertionResults)) {
    const [, type = '', title = ''] = /^\w+ (\w+): contract (.*)$/.exec(fullName) ?? [];
    found[type] ??= [];
    if (status !== 'passed') found[type].push(title);
  }
  return found;
};

const takesNothing = 'backpressure: what takes nothing holds an export until its deadline, and no more than a batch or two';

test('each way to break the contract fails the test that is about it, and no other', { timeout: 120_000 }, async () => {
  expect(await failures()).toEqual({
    exporter_in_order: [],
    says_something_else: ['golden: ../../testdata/golden.txt'],
    exports_for_ever: [takesNothing],
    drops_what_is_late: [takesNothing],
    keeps_all_batches: [takesNothing],
    hands_over_without_end: [takesNothing],
    shuts_down_for_ever: [takesNothing],
    receiver_in_order: [],
    says_all_while_held: ['backpressure: held, it says nothing; let go, it goes on'],
    keeps_what_it_said: ['backpressure: it keeps none of the batches that it said'],
    stays_for_its_consumer: ['backpressure: a consumer that is still at a batch can have it shut down'],
    processor_in_order: [],
    keeps_all_until_the_end: ['backpressure: it keeps none of the batches that went in'],
    goes_on_taking: ['backpressure: when nobody takes what comes out, it takes nothing in'],
    holds_for_ever: ['backpressure: what is shut down holds nobody'],
    extension_in_order: [],
    waits_for_its_client: ['backpressure: a client that asks half a question holds up no shutdown'],
  });
});
