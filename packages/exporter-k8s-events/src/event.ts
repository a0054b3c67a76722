import { createHash } from 'node:crypto';
import type { Attributes, LogRecord } from '@nfscope/model';
import { printable } from '@nfscope/pipeline';
import { attribute } from '@nfscope/semconv';

// Bounds of pkg/apis/core/validation/events.go; those of names are of DNS subdomains.
const [NOTE_BYTES, INSTANCE, NAME] = [1024, 128, 253];

/** What an Event is about. */
export interface Regarding {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod' | 'Node';
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
}

/** An Event of events.k8s.io/v1, as it is made. */
export interface Event {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly eventTime: string;
  readonly reportingController: 'nfscope';
  readonly reportingInstance: string;
  readonly action: 'Observe';
  readonly reason: string;
  readonly regarding: Regarding;
  readonly note: string;
  readonly type: 'Normal' | 'Warning';
}

/** A time as metav1.MicroTime is written. */
export const microTime = (timeMs: number): string => new Date(timeMs).toISOString().replace('Z', '000Z');

/** `nfs.operation.stuck` as `NfsOperationStuck`. */
const reasonOf = (eventName: string): string => eventName.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The pod of a resource; the node where it has none that can be found by name. */
export const regardingOf = (resource: Attributes, node: string): Regarding => {
  const namespace = text(resource[attribute.K8S_NAMESPACE_NAME]);
  const name = text(resource[attribute.K8S_POD_NAME]);
  const uid = text(resource[attribute.K8S_POD_UID]);
  return namespace !== '' && name !== ''
    ? { apiVersion: 'v1', kind: 'Pod', namespace, name, ...(uid === '' ? {} : { uid }) }
    : // The uid that kubelet gives its own Events, and that `kubectl describe node` asks for.
      { apiVersion: 'v1', kind: 'Node', name: node, uid: node };
};

const ELLIPSIS = '…';

/** On one line, at most 1 KiB; no character is cut in two. */
const noteOf = (body: string): string => {
  const line = printable(body);
  if (Buffer.byteLength(line) <= NOTE_BYTES) return line;
  const { read } = new TextEncoder().encodeInto(line, new Uint8Array(NOTE_BYTES - Buffer.byteLength(ELLIPSIS)));
  return line.slice(0, read) + ELLIPSIS;
};

/** What the Events of a series have in common. As client-go has it, and the mount: a note, once made, names one for good. */
export const seriesKey = ({ regarding, type, reason }: Event, attributes: Attributes): string =>
  JSON.stringify([regarding, type, reason, attributes[attribute.SERVER_ADDRESS], attributes[attribute.NFS_EXPORT_PATH]]);

/** The Event of a record. Its name is that of any attempt to make it, so that a second one finds the first. */
export const eventOf = ({ eventName, timeMs, severity, body, attributes }: LogRecord, regarding: Regarding, node: string): Event => {
  const event = {
    eventTime: microTime(timeMs),
    reportingController: 'nfscope',
    reportingInstance: node.slice(0, INSTANCE),
    action: 'Observe',
    reason: reasonOf(eventName),
    regarding,
    note: noteOf(body),
    type: severity === 'warn' || severity === 'error' ? 'Warning' : 'Normal',
  } as const;
  const digest = createHash('sha256')
    .update(JSON.stringify([event, attributes]))
    .digest('hex')
    .slice(0, 16);
  const stem = regarding.name.slice(0, NAME - digest.length - 1).replace(/[.-]+$/, '');
  // The namespace where kubelet, too, has what regards no object of one.
  return { metadata: { namespace: regarding.namespace ?? 'default', name: `${stem}.${digest}` }, ...event };
};
