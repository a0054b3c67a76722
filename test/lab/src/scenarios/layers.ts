import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import { Growth, parsePage, type Sample } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());
const page = async (out: string, name: string): Promise<Sample[]> => parsePage(await text(out, `${name}.page`));

/** What one phase is to have done on each of the two mounts. */
interface Expected {
  readonly phase: string;
  readonly after: string;
  readonly pod?: string;
  /** Calls at the page cache, and bytes where they are counted; a function where only a limit can be told. */
  readonly calls: Readonly<Record<string, readonly [calls: number | ((value: number) => boolean), bytes: number]>>;
  /** Payload of READ (or READ_PLUS) and of WRITE. */
  readonly read?: number | ((value: number) => boolean);
  readonly written?: number;
  readonly direct?: number;
}

const MiB = 1048576;
const PAGE = 4096;
const some = (value: number): boolean => value > 0;
/** Each page once; newer kernels map a large folio at once. */
const mapped = (value: number): boolean => value > 0 && value <= 64;

// A read to the end asks once more and gets nothing: 17 calls for 16 blocks.
const phases: readonly Expected[] = [
  { phase: 'written', after: 'start', calls: { write: [16, MiB] }, written: MiB },
  { phase: 'first', after: 'written', calls: { read: [17, MiB] }, read: (bytes) => bytes === 0 || bytes === MiB },
  { phase: 'cold', after: 'first', calls: { read: [17, MiB] }, read: MiB },
  { phase: 'cached', after: 'cold', calls: { read: [17, MiB] }, read: 0 },
  { phase: 'stride', after: 'cached', calls: { read: [64, 64] }, read: (bytes) => bytes >= 64 * PAGE },
  { phase: 'direct', after: 'stride', calls: {}, read: MiB, direct: MiB },
  { phase: 'direct-write', after: 'direct', calls: {}, written: MiB / 4, direct: MiB / 4 },
  { phase: 'cold-again', after: 'direct-write', calls: { read: [17, MiB] }, read: some },
  { phase: 'sent', after: 'cold-again', calls: { splice: [some, MiB] }, read: 0 },
  { phase: 'touched', after: 'sent', calls: { fault: [256, 0] }, read: MiB },
  {
    phase: 'mapped',
    after: 'touched',
    calls: { fault: [some, 0], write_fault: [mapped, 0] },
    read: (bytes) => bytes <= MiB / 4,
    written: MiB / 4,
  },
  { phase: 'other', after: 'mapped', pod: 'etl', calls: { read: [17, MiB] }, read: 0 },
];
const kinds = ['read', 'write', 'splice', 'fault', 'write_fault'];

const holds = (checks: Checks, what: string, value: number, expected: number | ((value: number) => boolean)): void => {
  if (typeof expected === 'number') checks.equal(what, value, expected);
  else checks.that(what, expected(value), String(value));
};

async function checkLayers(out: string, checks: Checks): Promise<void> {
  for (const { phase, after, pod = 'orders', calls, read, written, direct } of phases) {
    const growth = new Growth(await page(out, after), await page(out, phase));
    for (const version of ['3', '4']) {
      const of = { k8s_pod_name: pod, onc_rpc_version: version };
      const name = `${phase} v${version}`;
      for (const call of kinds) {
        const [expected, bytes] = calls[call] ?? [0, 0];
        holds(checks, `${name}: calls of ${call}`, growth.of('nfs_io_vfs_calls_total', { ...of, nfs_io_vfs_call: call }), expected);
        holds(checks, `${name}: bytes of ${call}`, growth.of('nfs_io_vfs_payload_bytes_total', { ...of, nfs_io_vfs_call: call }), bytes);
      }
      const payload = (operation: string): number => growth.of('nfs_io_size_bytes_sum', { ...of, nfs_operation_name: operation });
      holds(checks, `${name}: payload of READ`, payload('READ') + payload('READ_PLUS'), read ?? 0);
      holds(checks, `${name}: payload of WRITE`, payload('WRITE'), written ?? 0);
      holds(checks, `${name}: past the page cache`, growth.of('nfs_io_direct_bytes_total', of), direct ?? 0);
      const others = { onc_rpc_version: version };
      const all = growth.of('nfs_io_vfs_calls_total', others);
      checks.equal(`${name}: calls of anybody else`, all - growth.of('nfs_io_vfs_calls_total', of), 0);
    }
  }

  const stride = new Growth(await page(out, 'cached'), await page(out, 'stride'));
  const wire =
    stride.of('nfs_io_size_bytes_sum', { nfs_operation_name: 'READ' }) +
    stride.of('nfs_io_size_bytes_sum', { nfs_operation_name: 'READ_PLUS' });
  const asked = stride.of('nfs_io_vfs_payload_bytes_total', { nfs_io_vfs_call: 'read' });
  checks.that('a byte of each 16 KiB: what is read over what was asked for', wire / asked >= PAGE, `${wire} / ${asked} = ${wire / asked}`);

  const without = await page(out, 'without');
  checks.that(
    'switched off: operations are counted',
    without.some(({ name }) => name === 'nfs_io_duration_seconds_count'),
    `${without.length} samples`,
  );
  checks.equal('switched off: series of the application’s side', without.filter(({ name }) => name.startsWith('nfs_io_vfs')).length, 0);
  const hooked = without.filter(
    ({ name, labels }) =>
      name === 'nfscope_program_attached_ratio' && /^(filemap|generic|do_page)/.test(labels['nfscope_program_hook'] ?? ''),
  );
  checks.equal('switched off: hooks of the application’s side', hooked.length, 0);
  const missed = (await page(out, 'other')).filter(({ name }) => name === 'nfscope_program_missed_total');
  checks.that(
    'no run was missed',
    missed.length > 0 && missed.every(({ value }) => value === 0),
    missed.map(({ value }) => value).join(' '),
  );
  checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
}

export const layers: Scenario = {
  name: 'layers',
  about: 'what applications ask for beside what goes over the wire: cached reads, strides, sendfile, mappings, O_DIRECT',
  timeoutMs: 600_000,
  check: checkLayers,
};
