import { message } from '../protobuf.ts';

/** What a kubelet says to a runtime, `runtime.v1`; numbers as in k8s.io/cri-api/pkg/apis/runtime/v1/api.proto. */

const strings = { repeated: 'string' } as const;
const securityProfile = message({ profile_type: [1, 'integer'] });
const namespaceOption = message({ network: [1, 'integer'], pid: [2, 'integer'], ipc: [3, 'integer'] });
const int64Value = message({ value: [1, 'integer'] });

const sandboxConfig = message({
  metadata: [1, message({ name: [1, 'string'], uid: [2, 'string'], namespace: [3, 'string'] })],
  log_directory: [3, 'string'],
  labels: [6, { map: 'string' }],
  annotations: [7, { map: 'string' }],
  linux: [
    8,
    message({
      cgroup_parent: [1, 'string'],
      security_context: [2, message({ namespace_options: [1, namespaceOption], seccomp: [9, securityProfile] })],
    }),
  ],
});

const containerSecurityContext = message({
  capabilities: [1, message({ add_capabilities: [1, strings], drop_capabilities: [2, strings] })],
  privileged: [2, 'bool'],
  namespace_options: [3, namespaceOption],
  run_as_user: [5, int64Value],
  readonly_rootfs: [7, 'bool'],
  no_new_privs: [11, 'bool'],
  run_as_group: [12, int64Value],
  masked_paths: [13, strings],
  readonly_paths: [14, strings],
  seccomp: [15, securityProfile],
});

const containerConfig = message({
  metadata: [1, message({ name: [1, 'string'], attempt: [2, 'integer'] })],
  image: [2, message({ image: [1, 'string'] })],
  args: [4, strings],
  envs: [6, { repeated: message({ key: [1, 'string'], value: [2, 'string'] }) }],
  mounts: [7, { repeated: message({ container_path: [1, 'string'], host_path: [2, 'string'], readonly: [3, 'bool'] }) }],
  labels: [9, { map: 'string' }],
  log_path: [11, 'string'],
  linux: [
    15,
    message({
      resources: [1, message({ cpu_shares: [3, 'integer'], memory_limit_in_bytes: [4, 'integer'], oom_score_adj: [5, 'integer'] })],
      security_context: [2, containerSecurityContext],
    }),
  ],
});

/** CONTAINER_EXITED of ContainerState. */
export const EXITED = 2;

/** Request and response of each call. */
export const calls = {
  RunPodSandbox: [message({ config: [1, sandboxConfig] }), message({ pod_sandbox_id: [1, 'string'] })],
  RemovePodSandbox: [message({ pod_sandbox_id: [1, 'string'] }), message({})],
  StopPodSandbox: [message({ pod_sandbox_id: [1, 'string'] }), message({})],
  CreateContainer: [
    message({ pod_sandbox_id: [1, 'string'], config: [2, containerConfig], sandbox_config: [3, sandboxConfig] }),
    message({ container_id: [1, 'string'] }),
  ],
  StartContainer: [message({ container_id: [1, 'string'] }), message({})],
  RemoveContainer: [message({ container_id: [1, 'string'] }), message({})],
  StopContainer: [message({ container_id: [1, 'string'], timeout: [2, 'integer'] }), message({})],
  ContainerStatus: [
    message({ container_id: [1, 'string'] }),
    message({
      status: [1, message({ state: [3, 'integer'], exit_code: [7, 'integer'], reason: [10, 'string'], message: [11, 'string'] })],
    }),
  ],
  ExecSync: [
    message({ container_id: [1, 'string'], cmd: [2, strings], timeout: [3, 'integer'] }),
    message({ stdout: [1, 'string'], stderr: [2, 'string'], exit_code: [3, 'integer'] }),
  ],
} as const;
