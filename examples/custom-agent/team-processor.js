import { defineProcessor } from '@nfscope/pipeline';
import { z } from 'zod';
import { nameSources } from './name-sources.js';

const config = z.strictObject({
  namespaces: z
    .record(z.string(), z.string())
    .default({})
    .describe('The team by namespace; of those that are not here the namespace itself.'),
});

/** A component of one's own: `team` names who answers for a pod, behind the processor that knows the pod. */
export const teamProcessorFactory = defineProcessor({
  type: 'team',
  description: 'Names the team behind every pod, by its namespace.',
  config,
  signals: {
    nfs: {
      stability: 'development',
      create: ({ namespaces }) => ({
        process: nameSources(({ resource: { 'k8s.namespace.name': namespace } }) =>
          typeof namespace === 'string' ? { 'team.name': namespaces[namespace] ?? namespace } : undefined,
        ),
      }),
    },
  },
});
