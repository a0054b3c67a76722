import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kernels } from './kernel.ts';
import { LabError } from './lab-error.ts';
import { scenarios } from './scenarios/index.ts';
import { rightsOf, type Rights } from './rights.ts';
import type { Scenario } from './scenario.ts';

interface Guest {
  readonly kernel: string;
  readonly rights: Rights;
  /** More words for the kernel's command line. */
  readonly append: string;
}

export type Command =
  | { readonly do: 'help' }
  | { readonly do: 'list' }
  | (Guest & { readonly do: 'shell' })
  | (Guest & { readonly do: 'job'; readonly file: string; readonly out: string | undefined })
  | (Guest & {
      readonly do: 'scenario';
      readonly scenario: Scenario;
      readonly out: string | undefined;
      readonly result: string | undefined;
    });

export const help = `Boots a real kernel with a real NFS server and runs nfscope in it. Needs no root and installs nothing.

  npm run lab -- [--kernel ${[...kernels.keys()].join('|')}] [--scenario NAME | --job FILE.sh | --shell]
                 [--rights root|two] [--append WORDS] [--out FOLDER]

  --scenario NAME  run a scenario and check what it leaves behind (default: two-pods)
  --job FILE.sh    run a script of yours as root in the guest, and exit as it does; nfscope and workload are on its
                   PATH, nfs_server, nfs_mount, pod_cgroup and in_cgroup are defined (test/lab/guest/nfs.sh)
  --shell          a root shell in the guest; it powers off when you leave it
  --kernel SERIES  kernel of the guest (default: 6.1)
  --rights two     the agent is root with CAP_BPF and CAP_PERFMON only, no new privileges, and the kernel as strict
                   as Debian makes it (perf_event_paranoid=3); the default, root, takes nothing from it
  --append WORDS   more words for the kernel's command line: cgroup_disable=memory, preempt=full,
                   lab.cgroup=v1, lab.cgroup=hybrid
  --out FOLDER     keep what the guest writes to /lab/out there
  --result FILE    write what the checks of a scenario came to there, as JSON
  --list           the scenarios
`;

const options = {
  kernel: { type: 'string', default: '6.1' },
  rights: { type: 'string', default: 'root' },
  append: { type: 'string', default: '' },
  scenario: { type: 'string' },
  job: { type: 'string' },
  out: { type: 'string' },
  result: { type: 'string' },
  shell: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Throws LabError for anything it does not understand. */
export function parse(words: readonly string[]): Command {
  const values = read(words);
  if (values.help) return { do: 'help' };
  if (values.list) return { do: 'list' };
  if (!kernels.has(values.kernel)) throw new LabError(`--kernel ${values.kernel}: there are ${[...kernels.keys()].join(', ')}`);
  const rights = rightsOf(values.rights);
  if (rights === undefined) throw new LabError(`--rights ${values.rights}: there are root and two`);
  const guest = { kernel: values.kernel, rights, append: values.append };
  const out = values.out === undefined ? undefined : resolve(values.out);
  if ([values.scenario !== undefined, values.job !== undefined, values.shell].filter(Boolean).length > 1)
    throw new LabError('--scenario, --job and --shell exclude each other');
  if (values.shell) {
    if (out) throw new LabError('--out goes with --scenario and --job');
    if (!process.stdin.isTTY) throw new LabError('--shell needs a terminal; give a script to --job');
    return { do: 'shell', ...guest };
  }
  if (values.job !== undefined) {
    if (!existsSync(values.job)) throw new LabError(`--job ${values.job}: no such file`);
    return { do: 'job', ...guest, file: resolve(values.job), out };
  }
  const name = values.scenario ?? 'two-pods';
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario?.ownRights && rights !== 'root') throw new LabError(`--rights ${rights}: the scenario ${name} has rights of its own`);
  if (!scenario) throw new LabError(`--scenario ${name}: there are ${scenarios.map((candidate) => candidate.name).join(', ')}`);
  return { do: 'scenario', ...guest, scenario, out, result: values.result };
}

function read(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new LabError(`${(error as Error).message.split('. ')[0]}; see --help`);
  }
}
