import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { files, root, text } from './tree.ts';

const folder = 'deploy/kubernetes';
const read = (name: string) => parse(text(`${folder}/${name}`));
const manifests = files.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));

const kustomization = read('kustomization.yaml');
const daemonSet = read('daemonset.yaml');
const config = read('nfscope.yaml');
const template = daemonSet.spec.template;
const pod = template.spec;
const [container, ...others] = pod.containers;
const rbac = parseAllDocuments(text(`${folder}/rbac.yaml`)).map((document) => document.toJS());
/** Rights that nobody has to give: apart from the rest, and commented out where the rest is named. */
const optional = manifests.filter((name) => /^rbac-/.test(name));
const ofKind = (kind: string) => rbac.find((one) => one.kind === kind);

const { version } = JSON.parse(text('packages/agent/package.json')) as { version: string };
const port = Number(config.exporters.prometheus.endpoint.split(':').at(-1));
const healthPort = Number(config.extensions.health_check.endpoint.split(':').at(-1));
const mountOf = (path: string): { mountPath: string; readOnly?: boolean } => {
  const volume = pod.volumes.find((one: { hostPath?: { path: string } }) => one.hostPath?.path === path);
  return container.volumeMounts.find((one: { name: string }) => one.name === volume.name);
};
const configMount = container.volumeMounts.find((one: { name: string }) => one.name === 'config').mountPath;
const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((name) => container[name].httpGet);

test('the agent takes the configuration', () => {
  const bundle = join(root, 'packages/agent/dist/bundle/nfscope.mjs');
  const { stderr, status } = spawnSync(process.execPath, [bundle, 'validate', '--config', `${folder}/nfscope.yaml`], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});

test('one apply takes every file of the folder', () => {
  const named: string[] = [
    ...kustomization.resources,
    ...kustomization.configMapGenerator.flatMap((one: { files: string[] }) => one.files),
  ];
  expect(new Set([...named, ...optional, 'kustomization.yaml'])).toEqual(new Set(manifests));
  const commented = [...text(`${folder}/kustomization.yaml`).matchAll(/^ {2}# - (\S+)$/gm)].map((match) => match[1]);
  expect(commented).toEqual(optional);
});

describe('what has to be the same in two places', () => {
  test.each([
    ['image, version of the agent', container.image, `localhost/nfscope:${version}`],
    ['image, kustomization', container.image, `${kustomization.images[0].name}:${kustomization.images[0].newTag}`],
    [
      'ports, configuration',
      container.ports,
      [
        { name: 'metrics', containerPort: port },
        { name: 'health', containerPort: healthPort },
      ],
    ],
    ['port, annotation', template.metadata.annotations['prometheus.io/port'], `${port}`],
    ['probes, extension', probes, ['/startup', '/ready', '/live'].map((path) => ({ path, port: 'health' }))],
    ['procfs of the node', config.processors.nfs_mount.procfs, mountOf('/proc').mountPath],
    ['folder of pins', config.receivers.nfs.pin_path, mountOf('/sys/fs/bpf/nfscope').mountPath],
    ['name of the node', container.env[0].name, config.processors.k8s_attributes.filter.node_from_env_var],
    ['arguments, configuration', container.args, ['run', '--config', `${configMount}/nfscope.yaml`]],
    ['config map', pod.volumes[0].configMap.name, kustomization.configMapGenerator[0].name],
    ['service account', pod.serviceAccountName, ofKind('ServiceAccount').metadata.name],
    ['subject', ofKind('ClusterRoleBinding').subjects[0].name, ofKind('ServiceAccount').metadata.name],
    ['role', ofKind('ClusterRoleBinding').roleRef.name, ofKind('ClusterRole').metadata.name],
    ['labels', template.metadata.labels, daemonSet.spec.selector.matchLabels],
    ['namespaces', new Set([daemonSet, ofKind('ServiceAccount')].map((one) => one.metadata.namespace)), new Set([kustomization.namespace])],
  ])('%s', (_, one, other) => {
    expect(one).toEqual(other);
  });
});

describe('no right more than it needs', () => {
  test.each([
    ['of the API', ofKind('ClusterRole').rules, [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]],
    [
      'of the kernel',
      container.securityContext,
      {
        runAsUser: 0,
        runAsGroup: 0,
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'], add: ['BPF', 'PERFMON'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    ],
    ['of the node', [pod.hostPID, pod.hostNetwork, pod.hostIPC, others], [false, undefined, undefined, []]],
    ['in its /proc', mountOf('/proc').readOnly, true],
    ['in its configuration', container.volumeMounts[0].readOnly, true],
  ])('%s', (_, seen, expected) => {
    expect(seen).toEqual(expected);
  });

  const reading = ['get', 'list', 'watch'];
  test.each([
    ['rbac-events.yaml', 'events.k8s.io', ['events'], ['create', 'patch']],
    ['rbac-namespaces.yaml', '', ['namespaces'], reading],
    ['rbac-nodes.yaml', '', ['nodes'], reading],
    ['rbac-volumes.yaml', '', ['persistentvolumes', 'persistentvolumeclaims'], reading],
  ])('optional: %s', (name, group, resources, verbs) => {
    const [role, binding, ...rest] = parseAllDocuments(text(`${folder}/${name}`)).map((document) => document.toJS());
    expect([role.kind, binding.kind, rest]).toEqual(['ClusterRole', 'ClusterRoleBinding', []]);
    expect(role.rules).toEqual([{ apiGroups: [group], resources, verbs }]);
    expect(binding.roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role.metadata.name });
    expect(binding.subjects).toEqual(ofKind('ClusterRoleBinding').subjects);
    expect(optional).toContain(name);
  });
});
