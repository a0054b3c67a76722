import { accessFields } from '@nfscope/kubernetes';
import { duration } from '@nfscope/pipeline';
import * as z from 'zod';
import { defaultMetadata, metadataNames, unwatched } from './metadata.ts';
import { keyPattern } from './text-rules.ts';

// Names and values as in the Collector's k8s_attributes.

const isExpression = (text: string): boolean => {
  try {
    keyPattern(text);
    return true;
  } catch {
    return false;
  }
};

const notWatched = (kind: unknown): string | undefined =>
  ['deployment', 'statefulset', 'daemonset', 'job', 'replicaset', 'cronjob'].includes(String(kind))
    ? `${String(kind)}s are not watched: what their pods have is taken with "from: pod"`
    : undefined;

export const textRule = z
  .strictObject({
    tag_name: z.string().default('').describe('Name of the attribute; with `key_regex` it may have groups, as `$1`.'),
    key: z.string().default('').describe('The key.'),
    key_regex: z.string().default('').refine(isExpression, 'expected a regular expression').describe('Or an expression for the whole key.'),
    from: z
      .enum(['pod', 'namespace', 'node'], { error: ({ input }) => notWatched(input) })
      .default('pod')
      .describe('Whose.'),
  })
  .refine(({ key, key_regex: expression }) => (key === '') !== (expression === ''), 'expected either key or key_regex');
export type TextRule = z.infer<typeof textRule>;

const textRuleHelp =
  'each with `key` or `key_regex`, `from` (pod, namespace or node; the last two take a right of their own) and `tag_name`, in which `$1` is a group of the expression.';

const selectorKey = z.string().min(1, 'expected a key');
const fieldFilter = z.strictObject({
  key: selectorKey.describe('A field selector of pods, such as metadata.name or status.phase.'),
  value: z.string().default('').describe('Its value.'),
  op: z.enum(['equals', 'not-equals']).default('equals').describe('How they compare.'),
});
const labelFilter = z.strictObject({
  key: selectorKey
    .regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, 'expected the key of a label')
    .describe('The key of a label.'),
  value: z
    .string()
    .regex(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/, 'expected the value of a label')
    .default('')
    .describe('Its value.'),
  op: z.enum(['equals', 'not-equals', 'exists', 'does-not-exist']).default('equals').describe('How they compare.'),
});
export type FieldFilter = z.infer<typeof fieldFilter>;
export type LabelFilter = z.infer<typeof labelFilter>;

const sourceNames = ['api', 'cri', 'docker', 'logs'] as const;
export type SourceName = (typeof sourceNames)[number];

/** The configuration of `k8s_attributes`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  sources: z
    .array(z.enum(sourceNames))
    .refine((names) => new Set(names).size === names.length, 'expected each source once')
    .default(['api', 'cri', 'logs'])
    .describe(
      'Who is asked for names: the API server, the container runtime by the CRI, a Docker Engine, and the folders of logs that kubelet makes. Of what several know the first one’s word is taken, attribute by attribute; one that is not there is passed over with a line in the log.',
    ),
  auth_type: z
    .enum(['serviceAccount', 'kubeConfig', 'none'])
    .default(() => (process.env['KUBERNETES_SERVICE_HOST'] ? 'serviceAccount' : 'none'))
    .describe(
      'How to ask the API server: as the service account of this pod, by a kubeconfig, or not at all. Inside a cluster (KUBERNETES_SERVICE_HOST is set) the default is serviceAccount, else none.',
    ),
  passthrough: z
    .literal(false, 'pods are told by the cgroup that the kernel charged, so there is no address to pass through')
    .default(false)
    .describe('Only false, as the Collector has it by default: there is no address to pass through.'),
  pod_association: z
    .array(z.unknown())
    .max(0, 'pods are told by the cgroup that the kernel charged, and by nothing else; take it out')
    .default([])
    .describe('Only an empty list: a pod is told by the cgroup that the kernel charged, on every network.'),
  extract: z
    .strictObject({
      metadata: z
        .array(z.enum(metadataNames, { error: ({ input }) => unwatched(input) }))
        .default([...defaultMetadata])
        .describe('Attributes to set. What says more of a thing than its name is not among the default ones.'),
      labels: z.array(textRule).default([]).describe(`Labels to set as attributes, ${textRuleHelp}`),
      annotations: z.array(textRule).default([]).describe(`Annotations to set as attributes, ${textRuleHelp}`),
      otel_annotations: z
        .boolean()
        .default(false)
        .describe(
          'Whether annotations `resource.opentelemetry.io/<name>` of a pod become attributes `<name>`; none changes an attribute of nfscope.',
        ),
      deployment_name_from_replicaset: z
        .boolean()
        .default(true)
        .describe('Whether the name of a Deployment is that of the ReplicaSet without its hash; there is no other way to it here.'),
    })
    .prefault({})
    .describe('What is set.'),
  filter: z
    .strictObject({
      node: z.string().default('').describe('Name of this node.'),
      node_from_env_var: z
        .string()
        .default('')
        .describe('Environment variable with the name of this node; KUBE_NODE_NAME, then NODE_NAME when empty.'),
      namespace: z.string().default('').describe('Only pods of this namespace are named; a Role in it is then right enough.'),
      fields: z
        .array(fieldFilter)
        .default([])
        .describe('Only pods with these fields are named, each a `key`, a `value` and an `op`: equals or not-equals.'),
      labels: z
        .array(labelFilter)
        .default([])
        .describe(
          'Only pods with these labels are named, each a `key`, a `value` and an `op`: equals, not-equals, exists or does-not-exist.',
        ),
    })
    .prefault({})
    .describe('Which pods are named. The operations of others count all the same, with what their cgroup tells.'),
  exclude: z
    .strictObject({
      pods: z
        .array(
          z.strictObject({
            name: z
              .string()
              .min(1, 'expected an expression')
              .refine(isExpression, 'expected a regular expression')
              .describe('An expression.'),
          }),
        )
        .default([])
        .describe('Pods that are not named, each by a `name`: an expression for some part of it.'),
    })
    .prefault({})
    .describe('Which pods are not named.'),
  wait_for_metadata: z
    .boolean()
    .default(false)
    .describe('Whether the start waits for the first list of every source that is there, and fails without.'),
  wait_for_metadata_timeout: duration().prefault('10s').describe('How long it waits.'),
  cri: z
    .strictObject({ endpoint: z.string().default('').describe('Socket of the runtime; where the usual ones have theirs when empty.') })
    .prefault({})
    .describe('The source cri.'),
  docker: z
    .strictObject({ endpoint: z.string().default('').describe('Socket of the engine; /var/run/docker.sock when empty.') })
    .prefault({})
    .describe('The source docker.'),
  logs: z
    .strictObject({ path: z.string().min(1, 'expected a path').default('/var/log').describe('Folder with pods and containers.') })
    .prefault({})
    .describe('The source logs.'),
  pods_file: z
    .string()
    .default('')
    .describe('File with a PodList as JSON, as `kubectl get pods -o json` prints it, read again when it changes; then nobody is asked.'),
  ...accessFields,
});

/** A configuration of `k8s_attributes`, checked, with its defaults. Times are milliseconds. */
export type Config = z.infer<typeof config>;
