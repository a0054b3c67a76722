import { connect, type IncomingHttpHeaders } from 'node:http2';
import { createConnection } from 'node:net';

/** gRPC over a unix socket (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), as much of it as a client of few calls needs. */
export interface Grpc {
  /** Asks, and hands over each message of the answer as it comes. Throws GrpcError, or the error of the connection. */
  ask(method: string, request: Buffer, take: (message: Buffer) => void, timeoutMs?: number): Promise<void>;
  /** Ends the calls under way, and every later one. Safe twice. */
  close(): void;
}

/** A call that was answered, but not with success. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const UNIMPLEMENTED = 12;

/** As much as a kubelet takes in one message (pkg/kubelet/cri/remote: maxMsgSize). */
const MOST_BYTES = 16 * 1024 * 1024;

export const openGrpc = (socketPath: string): Grpc => {
  const session = connect('http://localhost', { createConnection: () => createConnection(socketPath) });
  // Why the connection failed, for the calls that come after it; those before are told.
  let fault: Error | undefined;
  session.on('error', (error: Error) => (fault = error));

  return {
    close: () => session.destroy(),
    ask: (method, request, take, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (session.destroyed) return reject(fault ?? new Error('the connection was closed'));
        const stream = session.request({ ':method': 'POST', ':path': method, 'content-type': 'application/grpc', te: 'trailers' });
        const late =
          timeoutMs === undefined
            ? undefined
            : setTimeout(() => stream.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
        const status: IncomingHttpHeaders = {};
        // A call that fails at once has its status in the headers.
        stream.on('response', (headers) => Object.assign(status, headers));
        stream.on('trailers', (headers) => Object.assign(status, headers));
        const pieces = messagesOf(take);
        stream.on('data', (piece: Buffer) => {
          try {
            pieces.push(piece);
          } catch (error) {
            stream.destroy(error as Error);
          }
        });
        let failure: Error | undefined;
        stream.on('error', (error: Error) => (failure = error));
        stream.on('close', () => {
          clearTimeout(late);
          const error = causeOf(failure) ?? refusal(status) ?? pieces.rest();
          if (error === undefined) resolve();
          else reject(error);
        });
        stream.end(framed(request));
      }),
  };
};

/** A call whose connection failed is cancelled, and the reason is the cause of that. */
const causeOf = (error: Error | undefined): Error | undefined => (error?.cause instanceof Error ? error.cause : error);

const refusal = (headers: IncomingHttpHeaders): Error | undefined => {
  const status = headers['grpc-status'];
  if (status === '0') return undefined;
  if (status === undefined) return new Error(`no answer of gRPC${headers[':status'] ? `: HTTP ${String(headers[':status'])}` : ''}`);
  return new GrpcError(Number(status), unescaped(String(headers['grpc-message'] ?? `status ${String(status)}`)));
};

// Percent-encoded, by whoever sent it.
const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A message begins with a byte that says it is not compressed, and its length. */
const HEADER = 5;

const framed = (body: Buffer): Buffer => {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
};

const messagesOf = (take: (message: Buffer) => void) => {
  let pieces: Buffer[] = [];
  let size = 0;
  let wanted = HEADER;
  return {
    push(piece: Buffer): void {
      pieces.push(piece);
      size += piece.length;
      while (size >= wanted) {
        const all = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
        const length = all.readUInt32BE(1);
        if (all[0] !== 0) throw new Error('a compressed message, which nobody asked for');
        if (length > MOST_BYTES) throw new Error(`a message of ${length} bytes; the most that is taken is ${MOST_BYTES}`);
        wanted = HEADER + length;
        pieces = [all];
        if (size < wanted) return;
        const rest = all.subarray(wanted);
        const whole = all.subarray(HEADER, wanted);
        pieces = rest.length === 0 ? [] : [rest];
        size = rest.length;
        wanted = HEADER;
        take(whole);
      }
    },
    rest: (): Error | undefined => (size === 0 ? undefined : new Error('half a message')),
  };
};
