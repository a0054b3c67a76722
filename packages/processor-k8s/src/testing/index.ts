// A kubelet's side of a container runtime, which the lab has too.
export { EXITED } from './kubelet-calls.ts';
export { kubeletRuntime, type KubeletRuntime } from './kubelet-runtime.ts';
