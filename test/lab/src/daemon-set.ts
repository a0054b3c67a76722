import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { LabError } from './lab-error.ts';

/*
 * What is used of deploy/kubernetes, strictly: a setting this does not know would be one that the lab does not try, and is refused.
 * Defaults are those of the API server.
 */

const labels = z.record(z.string(), z.string());
const httpGet = z.strictObject({ path: z.string(), port: z.union([z.number(), z.string()]) });
const probe = z.strictObject({
  httpGet,
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
});

const securityContext = z.strictObject({
  runAsUser: z.number(),
  runAsGroup: z.number(),
  privileged: z.boolean().default(false),
  allowPrivilegeEscalation: z.boolean().default(true),
  readOnlyRootFilesystem: z.boolean().default(false),
  capabilities: z.strictObject({ add: z.array(z.string()).default([]), drop: z.array(z.string()).default([]) }),
  seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Unconfined']) }),
});

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.literal('IfNotPresent'),
  args: z.array(z.string()),
  env: z.array(
    z.strictObject({
      name: z.string(),
      valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.literal('spec.nodeName') }) }),
    }),
  ),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  securityContext,
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  terminationMessagePolicy: z.literal('FallbackToLogsOnError'),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) })),
});

const volume = z.union([
  z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.string() }) }),
  z.strictObject({
    name: z.string(),
    hostPath: z.strictObject({ path: z.string(), type: z.enum(['Directory', 'DirectoryOrCreate']) }),
  }),
]);

const daemonSet = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('DaemonSet'),
  metadata: z.strictObject({ name: z.string(), namespace: z.string(), labels }),
  spec: z.strictObject({
    selector: z.strictObject({ matchLabels: labels }),
    updateStrategy: z.strictObject({ type: z.literal('RollingUpdate'), rollingUpdate: z.strictObject({ maxUnavailable: z.string() }) }),
    template: z.strictObject({
      metadata: z.strictObject({ labels, annotations: labels }),
      spec: z.strictObject({
        serviceAccountName: z.string(),
        hostPID: z.boolean().default(false),
        terminationGracePeriodSeconds: z.number().default(30),
        nodeSelector: labels,
        tolerations: z.array(z.strictObject({ operator: z.literal('Exists') })),
        containers: z.tuple([container]),
        volumes: z.array(volume),
      }),
    }),
  }),
});

const kustomization = z.looseObject({
  configMapGenerator: z.array(z.strictObject({ name: z.string(), files: z.array(z.string()) })),
});

export type DaemonSet = z.infer<typeof daemonSet>;

/** The DaemonSet of a folder of manifests, and the files of its config maps by the map's name. */
export async function readDaemonSet(
  folder: string,
): Promise<{ daemonSet: DaemonSet; configMaps: ReadonlyMap<string, Readonly<Record<string, string>>> }> {
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const read = async <T>(name: string, schema: z.ZodType<T>): Promise<T> => {
    const { data, error } = schema.safeParse(parse(await text(name)));
    if (error) throw new LabError(`${name}: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
    return data;
  };
  const { configMapGenerator } = await read('kustomization.yaml', kustomization);
  const configMaps = new Map<string, Record<string, string>>();
  for (const { name, files } of configMapGenerator) {
    configMaps.set(name, Object.fromEntries(await Promise.all(files.map(async (file) => [file, await text(file)] as const))));
  }
  return { daemonSet: await read('daemonset.yaml', daemonSet), configMaps };
}
