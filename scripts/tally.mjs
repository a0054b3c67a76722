// A vitest reporter: writes what test.mjs adds up, the reasons of skipped tests among it, to the file NFSCOPE_TALLY.
import { writeFileSync } from 'node:fs';

/** What the test itself says (`context.skip(reason)`), else what its name says: `starts (skipped: needs root)`. */
const reason = (test) => test.result().note ?? /\(skipped: (.+?)\)/.exec(test.fullName)?.[1] ?? 'gives no reason';

export default class Tally {
  onTestRunEnd(modules, unhandled) {
    const tally = { node: process.versions.node, passed: 0, failed: [], skipped: [] };
    // Vitest shows the rest of it.
    const fail = (name, message = '') => tally.failed.push({ name, reason: message.split('\n')[0] });
    for (const { message } of unhandled) fail('outside of all tests', message);
    for (const module of modules) {
      // A file that cannot be loaded, or a hook that fails, is a failure even where no test of it ran.
      for (const { message } of module.errors()) fail(module.relativeModuleId, message);
      for (const suite of module.children.allSuites())
        for (const { message } of suite.errors()) fail(`${module.relativeModuleId} > ${suite.fullName}`, message);
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (state === 'passed') tally.passed++;
        else if (state === 'skipped') tally.skipped.push({ name, reason: reason(test) });
        else fail(name, errors?.[0]?.message);
      }
    }
    writeFileSync(process.env['NFSCOPE_TALLY'], JSON.stringify(tally));
  }
}
