import type { Attributes, LogRecord, LogsBatch } from '@nfscope/model';

export const START = Date.UTC(2026, 0, 2);

/** What a resource has of a pod of the namespace `default`, or of another. */
export const podOf = (name: string, namespace = 'default', uid = `uid-of-${name}`): Attributes => ({
  'k8s.namespace.name': namespace,
  'k8s.pod.name': name,
  'k8s.pod.uid': uid,
});

/** A READ that is stuck, `seconds` after the start, unless it is said to be something else. */
export const stuck = (seconds = 0, more: Partial<LogRecord> = {}): Omit<LogRecord, 'resource'> => ({
  timeMs: START + seconds * 1000,
  eventName: 'nfs.operation.stuck',
  severity: 'warn',
  body: 'READ on nas1:/data has been in flight for 10 s',
  attributes: { 'server.address': 'nas1', 'nfs.export.path': '/data', 'nfs.operation.age': 10 },
  ...more,
});

/** A mount that is in trouble, which is of the node. */
export const mountHealth = (state: 'ok' | 'stuck', path = '/data', seconds = 0): Omit<LogRecord, 'resource'> =>
  stuck(seconds, {
    eventName: 'nfs.mount.health',
    severity: state === 'ok' ? 'info' : 'error',
    body: `nas1:${path} is ${state} (rule)`,
    attributes: { 'server.address': 'nas1', 'nfs.export.path': path, 'nfs.mount.state': state },
  });

/** A batch as the connector makes one, each record with its resource; its time is that of the last. */
export const batchOf = (...pairs: readonly (readonly [resource: Attributes, record: Omit<LogRecord, 'resource'>])[]): LogsBatch => ({
  timeMs: pairs.at(-1)?.[1].timeMs ?? START,
  resources: pairs.map(([resource]) => resource),
  scope: { name: '@nfscope/connector-logs', version: '0.0.0-test' },
  records: pairs.map(([, record], resource) => ({ ...record, resource })),
});
