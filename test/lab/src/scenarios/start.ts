import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMountstats } from '../mountstats.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const start: Scenario = {
  name: 'start',
  about: '`npm start` on a machine with an NFS client: counts its operations, prints lines, ends at Ctrl-C',
  timeoutMs: 600_000,
  ownRights: true,
  async check(out, checks) {
    const lines = (await text(out, 'start.log')).split('\n').filter((line) => line !== '' && !line.startsWith('>'));
    checks.equal('the first line', lines[0], 'nfscope counts the NFS operations of this machine');
    checks.that('nothing was missing', !lines.some((line) => /^Missing|^npm ci/.test(line)));
    checks.that(
      'it runs live',
      lines.some((line) => /^nfscope \S+ runs nfs: nfs -> /.test(line)),
    );
    const told = lines.filter((line) => /^\d\d:\d\d:\d\dZ {2}2 active, /.test(line));
    checks.that('lines tell of both pods', told.length >= 3, told[0]);
    checks.that(
      'and say which is the busiest',
      told.every((line) => /; busiest (shop\/orders on 127\.0\.0\.1:\/srv\/nas|data\/etl on 127\.0\.0\.1:\/) \S+ ops\/s p99 /.test(line)),
    );

    const page = await text(out, 'page');
    const [before, after] = [parseMountstats(await text(out, 'before.mountstats')), parseMountstats(await text(out, 'after.mountstats'))];
    for (const [pod, folder] of [
      ['orders', '/data3'],
      ['etl', '/data4'],
    ] as const) {
      for (const operation of ['READ', 'WRITE']) {
        const counted = [...page.matchAll(/^nfs_io_duration_seconds_count\{(.*)\} (\d+)$/gm)]
          .filter(([, labels]) => labels!.includes(`k8s_pod_name="${pod}"`) && labels!.includes(`nfs_operation_name="${operation}"`))
          .reduce((sum, [, , value]) => sum + Number(value), 0);
        const operations = (mounts: typeof before): number => mounts.get(folder)?.operations.get(operation)?.operations ?? 0;
        checks.equal(`${operation} of ${pod}, which alone uses ${folder}`, counted, operations(after) - operations(before));
      }
    }
    checks.equal('exit status after SIGINT', await text(out, 'start.status'), '0');
    checks.equal('processes left', await text(out, 'left'), '');
    checks.equal('programs left', await text(out, 'programs'), '0');
  },
};
