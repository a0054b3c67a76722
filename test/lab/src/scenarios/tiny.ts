import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debugRows } from '../debug-lines.ts';
import { parseMountstats } from '../mountstats.ts';
import type { Scenario } from '../scenario.ts';

const CONTAINERS = 500;
/** Each reads 16 KiB by blocks of 4 KiB, past the page cache. */
const BYTES = 16384;

export const tiny: Scenario = {
  name: 'tiny',
  about: '500 containers of one short process each, their cgroups removed at once: every operation has its owner',
  timeoutMs: 900_000,
  async check(out, checks) {
    const text = (name: string): Promise<string> => readFile(join(out, name), 'utf8');
    const debug = await text('debug');
    const rows = debugRows(debug);
    const done = (await text('tiny.work')).trim().split('\n');
    checks.equal('containers that read all of it', done.filter((line) => line.startsWith(`direct-read ${BYTES} `)).length, CONTAINERS);

    const byContainer = new Map<string, number>();
    for (const { operation, bytes, attributes } of rows) {
      const id = attributes['container.id'];
      if (id !== undefined && /^READ/.test(operation)) byContainer.set(id, (byContainer.get(id) ?? 0) + bytes);
    }
    const right = Array.from({ length: CONTAINERS }, (_, i) => (i + 1).toString(16).padStart(64, '0')).filter(
      (id) => byContainer.get(id) === BYTES,
    );
    checks.equal('containers whose reads are theirs, to the byte', right.length, CONTAINERS);
    checks.equal('other containers', byContainer.size - right.length, 0);
    const nameless = rows.filter(
      ({ attributes }) => attributes['nfs.io.owner'] === 'cgroup' && attributes['process.linux.cgroup'] === undefined,
    );
    checks.equal('rows of a cgroup without its path', nameless.length, 0);

    const [before, after] = [parseMountstats(await text('before.mountstats')), parseMountstats(await text('after.mountstats'))];
    for (const [folder, { version, operations }] of after) {
      for (const name of ['READ', 'READ_PLUS', 'OPEN', 'CLOSE', 'LOOKUP', 'ACCESS']) {
        const counted = (operations.get(name)?.operations ?? 0) - (before.get(folder)?.operations.get(name)?.operations ?? 0);
        if (counted === 0) continue;
        const own = rows.filter(
          ({ operation, attributes, version: of }) => operation === name && of === version && attributes['container.id'] !== undefined,
        );
        checks.equal(
          `${name} of v${version} that containers pay for, and that mountstats has`,
          own.reduce((sum, { count }) => sum + count, 0),
          counted,
        );
      }
    }
    const last =
      debug
        .trim()
        .split('\n')
        .findLast((line) => line.includes(' nfs sources=')) ?? '';
    checks.equal('lost', /lost_.*/.exec(last)?.[0] ?? '', 'lost_events=0 lost_identities=0 lost_rows=0 lost_tasks=0 lost_missed=0');
    checks.equal('exit status of the agent after SIGTERM', (await text('agent.status')).trim(), '0');
  },
};
