import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { calls } from './messages.ts';
import { decode, encode } from './protobuf.ts';

/** A container runtime, asked over its socket as a kubelet does. */
export interface Runtime {
  call(name: keyof typeof calls, request: object): Promise<Record<string, unknown>>;
  close(): void;
}

export function runtime(socket: string): Runtime {
  const session = connect('http://localhost', { createConnection: () => createConnection(socket) });
  // Every call under way fails by itself.
  session.on('error', () => undefined);
  return {
    close: () => session.close(),
    call: (name, request) =>
      new Promise((resolve, reject) => {
        const [asked, answered] = calls[name];
        const body = encode(asked, request);
        const stream = session.request({
          ':method': 'POST',
          ':path': `/runtime.v1.RuntimeService/${name}`,
          'content-type': 'application/grpc',
          te: 'trailers',
        });
        const chunks: Buffer[] = [];
        const status: { 'grpc-status'?: string; 'grpc-message'?: string } = {};
        // A call that fails at once has its status in the headers.
        for (const event of ['response', 'trailers'] as const) stream.on(event, (headers) => Object.assign(status, headers));
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', reject);
        stream.on('end', () => {
          if (status['grpc-status'] !== '0') {
            const said = decodeURIComponent(status['grpc-message'] ?? 'no status');
            return reject(new Error(`${name}: ${said}`));
          }
          // A message begins with a byte that says it is not compressed, and its length.
          resolve(decode(answered, Buffer.concat(chunks).subarray(5)));
        });
        const frame = Buffer.alloc(5);
        frame.writeUInt32BE(body.length, 1);
        stream.end(Buffer.concat([frame, body]));
      }),
  };
}
