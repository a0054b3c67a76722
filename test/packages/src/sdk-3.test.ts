// The example with OpenTelemetry SDK 3, in a project of its own: it has other versions of what the repository has.
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { install, manifestOf, packInto, root, run } from './project.ts';

const example = 'examples/embedded-sdk-3';
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nfscope-sdk-3-')));
afterAll(() => rmSync(folder, { recursive: true }));

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

test('the example with SDK 3 prints what its README shows, and compiles', { timeout: 180_000 }, async (context) => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 15)) return context.skip('OpenTelemetry SDK 3 needs Node 22.15');
  const { dependencies = {} } = manifestOf(example);
  const others = Object.fromEntries(Object.entries(dependencies).filter(([name]) => !name.startsWith('@nfscope/')));
  const types = { '@types/node': manifestOf('.').devDependencies!['@types/node']! };
  const reason = await install(folder, await packInto(folder), { ...others, ...types });
  if (reason !== undefined) return context.skip(reason);
  cpSync(join(root, 'examples/recording'), join(folder, 'examples/recording'), { recursive: true });
  cpSync(join(root, example), join(folder, example), { recursive: true });

  const versions = ['sdk-metrics', 'api'].map(
    (name) =>
      (JSON.parse(readFileSync(join(folder, `node_modules/@opentelemetry/${name}/package.json`), 'utf8')) as { version: string }).version,
  );
  expect(versions).toEqual([dependencies['@opentelemetry/sdk-metrics'], dependencies['@opentelemetry/api']]);

  const [, output] = /^\$ node main\.js\n([^]*?)^```$/m.exec(readFileSync(join(root, example, 'README.md'), 'utf8')) ?? [];
  process.env['PORT'] = String(await freePort());
  expect(await run(process.execPath, ['main.js'], join(folder, example))).toEqual({ status: 0, stderr: '', stdout: output });

  const rules = { module: 'nodenext', target: 'es2023', strict: true, skipLibCheck: false, types: ['node'] };
  const config = { compilerOptions: { ...rules, allowJs: true, checkJs: true, noEmit: true }, files: [`${example}/main.js`] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  expect((await run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], folder)).stdout).toBe('');
});
