// How describe-component.test.ts runs the broken components: their file is no test of this project.
import { fileURLToPath } from 'node:url';

export default {
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions: ['nfscope-source'] },
  ssr: { resolve: { conditions: ['nfscope-source'] } },
  test: { include: ['src/testing/broken-components.ts'] },
};
