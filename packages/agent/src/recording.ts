import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NfscopeError } from '@nfscope/pipeline';
import { k8sAttributesFactory } from '@nfscope/processor-k8s';
import { nfsCoverageFactory, nfsMountFactory } from '@nfscope/processor-mount';
import { nfsReceiverFactory, nfsReplayFactory, type NfsReplayConfig } from '@nfscope/receiver-nfs';

/** A configuration as read: whether it is right is found out when it is planned. */
type Value = Readonly<Record<string, unknown>>;

const mapOf = (value: unknown): Value => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Value) : {});
const isOf = (type: string, id: string): boolean => id === type || id.startsWith(`${type}/`);
const idsOf = (type: string, components: unknown): string[] => Object.keys(mapOf(components)).filter((id) => isOf(type, id));

/** The one receiver of the kernel's counts. Throws NFS-104. */
const receiverOf = (config: Value, where: string): string => {
  const [id, another] = idsOf(nfsReceiverFactory.type, config['receivers']);
  if (id !== undefined && another === undefined) return id;
  throw new NfscopeError('NFS-104', `there ${id === undefined ? 'is no' : 'is more than one'} receiver ${nfsReceiverFactory.type}`, where, {
    mend: 'A recording is of one.',
  });
};

/** The configuration, with its receiver writing to a file what the kernel says. `where` names it in errors. Throws NFS-104. */
export const recordInto = (file: string, config: unknown, where: string): unknown => {
  const value = mapOf(config);
  const receivers = mapOf(value['receivers']);
  const id = receiverOf(value, where);
  const [mount] = idsOf(nfsMountFactory.type, value['processors']);
  const procfs = mount === undefined ? undefined : mapOf(mapOf(value['processors'])[mount])['procfs'];
  const recording = { file, ...(procfs === undefined ? {} : { procfs }) };
  return { ...value, receivers: { ...receivers, [id]: { ...mapOf(receivers[id]), recording } } };
};

/** The configuration, with a recording in the place of its receiver, and of what its processors ask the node and the cluster. Throws NFS-104. */
export const replayFrom = (settings: NfsReplayConfig, config: unknown, where: string): unknown => {
  const value = mapOf(config);
  const id = receiverOf(value, where);
  const replay = id.replace(nfsReceiverFactory.type, nfsReplayFactory.type);
  const service = mapOf(value['service']);
  const change = (type: string, keys: Value) => (entry: readonly [string, unknown]) =>
    isOf(type, entry[0]) ? ([entry[0], { ...mapOf(entry[1]), ...keys }] as const) : entry;
  return {
    ...value,
    receivers: Object.fromEntries(
      Object.entries(mapOf(value['receivers'])).map(([key, own]) => (key === id ? [replay, settings] : [key, own])),
    ),
    processors: Object.fromEntries(
      Object.entries(mapOf(value['processors']))
        .map(change(nfsMountFactory.type, { procfs: settings.folder }))
        .map(change(nfsCoverageFactory.type, { procfs: settings.folder }))
        .map(change(k8sAttributesFactory.type, { pods_file: join(settings.folder, 'pods.json') })),
    ),
    service: {
      ...service,
      pipelines: Object.fromEntries(
        Object.entries(mapOf(service['pipelines'])).map(([name, pipeline]) => {
          const { receivers } = mapOf(pipeline);
          const list = Array.isArray(receivers) ? receivers.map((one: unknown) => (one === id ? replay : one)) : receivers;
          return [name, { ...mapOf(pipeline), receivers: list }];
        }),
      ),
    },
  };
};

/** Calls `work` with a folder where nothing is mounted and no pod is known yet, and removes the folder afterwards. */
export const inReplayFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'nfscope-replay-'));
  try {
    await mkdir(join(folder, '1'));
    // A recording has no accounts of the kernel: nothing is compared.
    for (const name of ['mountinfo', 'mountstats']) await writeFile(join(folder, '1', name), '');
    await writeFile(join(folder, 'pods.json'), '{"items":[]}');
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};
