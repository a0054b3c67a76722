// `prepack` of every package: npm puts into a tarball what stands in the package's folder, and the licence stands once, above them all.
import { copyFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const above = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { license } = JSON.parse(readFileSync('package.json', 'utf8'));

if (license === 'Apache-2.0') copyFileSync(above('LICENSE'), 'LICENSE');
// npm takes along what is called LICENSE, whatever ending it has.
else for (const name of license.split(' OR ')) copyFileSync(above(`LICENSES/${name}.txt`), `LICENSE.${name}`);
