import { defineProcessor } from '@nfscope/pipeline';
import { config } from './coverage-config.ts';
import { requireAccounts } from './mount-accounts.ts';
import { nfsCoverage } from './nfs-coverage.ts';

/** The processor `nfs_coverage`, for a list of components. */
export const factory = defineProcessor({
  type: 'nfs_coverage',
  description: 'Compares all that was counted with the kernel’s own accounts, and tells how its connections fare.',
  config,
  signals: {
    nfs: {
      stability: 'development',
      create: (given, context) => ({ start: () => requireAccounts(given.procfs), process: nfsCoverage(given, context) }),
    },
  },
});
