import { requestFormat } from './request-format.ts';
import type { Format } from './request-writer.ts';
import { writeRequestFormat } from './write-request-format.ts';

/** One of the two that remote-write has. */
export interface Message {
  readonly contentType: string;
  /** Of remote-write, as the header `x-prometheus-remote-write-version` has it. */
  readonly version: string;
  /** Whether a receiver has to say what it has written. */
  readonly isConfirmed: boolean;
  format(external: Readonly<Record<string, string>>): Format;
}

/** By the names that Prometheus' own configuration has for them. */
export const messages = {
  'prometheus.WriteRequest': {
    contentType: 'application/x-protobuf',
    version: '0.1.0',
    isConfirmed: false,
    format: writeRequestFormat,
  },
  'io.prometheus.write.v2.Request': {
    contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    version: '2.0.0',
    isConfirmed: true,
    format: requestFormat,
  },
} as const satisfies Readonly<Record<string, Message>>;

/** The name of a message. */
export type MessageName = keyof typeof messages;

/** What a receiver that does not take the one may take. */
export const otherMessage = (name: MessageName): MessageName =>
  name === 'prometheus.WriteRequest' ? 'io.prometheus.write.v2.Request' : 'prometheus.WriteRequest';
