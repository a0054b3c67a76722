import { openGrpc } from '../grpc.ts';
import { decode, encode } from '../protobuf.ts';
import { calls } from './kubelet-calls.ts';

/** A container runtime, asked over its socket as a kubelet does. */
export interface KubeletRuntime {
  call(name: keyof typeof calls, request: object): Promise<Record<string, unknown>>;
  close(): void;
}

/** Calls a container runtime by its unix socket as a kubelet does; errors are those of gRPC. */
export const kubeletRuntime = (socket: string): KubeletRuntime => {
  const { ask, close } = openGrpc(socket);
  return {
    close,
    async call(name, request) {
      const [asked, answered] = calls[name];
      let answer: Record<string, unknown> = {};
      await ask(`/runtime.v1.RuntimeService/${name}`, encode(asked, request), (bytes) => (answer = decode(answered, bytes)));
      return answer;
    },
  };
};
