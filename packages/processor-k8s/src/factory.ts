import { defineProcessor } from '@nfscope/pipeline';
import { config } from './config.ts';
import { k8sProcessor } from './k8s-attributes.ts';

/** The processor `k8s_attributes`, for a list of components. */
export const factory = defineProcessor({
  type: 'k8s_attributes',
  description: 'Names the container, the pod, its owner and its volume behind every cgroup.',
  config,
  signals: { nfs: { stability: 'development', create: k8sProcessor } },
});
