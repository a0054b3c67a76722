// A vitest reporter: writes what test.mjs adds up, the reasons of skipped tests among it, to the file NFSCOPE_TALLY.
import { writeFileSync } from 'node:fs';

/** What the test itself says (`context.skip(reason)`), else what its name says: `starts (skipped: needs root)`. */
const reason = (test) => test.result().note ?? /\(skipped: (.+?)\)/.exec(test.fullName)?.[1] ?? 'gives no reason';

export default class Tally {
  onTestRunEnd(modules, unhandled) {
    const tally = { node: process.versions.node, passed: 0, failed: unhandled.length, skipped: [] };
    for (const module of modules) {
      // A file that cannot be loaded, or a hook that fails, is a failure even where no test of it ran.
      tally.failed += module.errors().length;
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') tally.passed++;
        else if (state === 'skipped') tally.skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, reason: reason(test) });
        else tally.failed++;
      }
    }
    writeFileSync(process.env['NFSCOPE_TALLY'], JSON.stringify(tally));
  }
}
