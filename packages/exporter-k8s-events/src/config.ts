import { accessFields } from '@nfscope/kubernetes';
import { duration } from '@nfscope/pipeline';
import { logEvent } from '@nfscope/semconv';
import * as z from 'zod';

const names = Object.values(logEvent).map(({ name }) => name);
/** Files are no news that somebody waits for: some of them are always the hottest. */
const most = names.filter((name) => name !== logEvent.FILE_HOT.name);

/** The configuration of `k8s_events`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  auth_type: z
    .enum(['serviceAccount', 'kubeConfig'])
    .default('serviceAccount')
    .describe('How to ask the API server: as the service account of this pod, or by a kubeconfig.'),
  ...accessFields,
  node: z.string().default('').describe('Name of this node, which Events of its mounts regard, and which all Events are reported by.'),
  node_from_env_var: z
    .string()
    .default('')
    .describe('Environment variable with the name of this node; KUBE_NODE_NAME, then NODE_NAME when empty.'),
  events: z.array(z.enum(names)).default(most).describe('Names of the records that become Events; all but nfs.file.hot by default.'),
  series: duration(1_000)
    .prefault('6m')
    .describe('What comes again within this time of the last one is counted by the Event that is there already.'),
  burst: z.int().min(1).default(25).describe('Requests that one pod, or the node, may cause at once: each makes an Event or counts on.'),
  refill: duration(1).prefault('5m').describe('After how long it may cause one more.'),
});

/** A configuration of `k8s_events`, checked, with its defaults. Times are milliseconds. */
export type Config = z.output<typeof config>;
