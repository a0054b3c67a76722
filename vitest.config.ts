import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run from source: no build is needed before them.
  resolve: { conditions: ['nfscope-source'] },
  ssr: { resolve: { conditions: ['nfscope-source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'native/**/*.test.ts',
      'bpf/**/*.test.ts',
      'test/lab/src/**/*.test.ts',
      'test/repo/src/**/*.test.ts',
      'test/packages/src/**/*.test.ts',
      'examples/**/*.test.ts',
      'deploy/monitoring/src/**/*.test.ts',
    ],
    passWithNoTests: false,
    // On a machine with other work, what usually takes one second took ten: a limit is for what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
