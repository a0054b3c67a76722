// Every package as a user gets it: from its tarball, in an empty project, by this Node; `npm test` does it on each that is supported.
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryPoints, install, manifestOf, packInto, published, root, run, type Packed } from './project.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nfscope-packages-')));
const project = join(folder, 'project');
let packed: readonly Packed[];
let reason: string | undefined;
beforeAll(async () => {
  packed = await packInto(folder);
  // Declarations speak of Node's types; a user has them too.
  const types = { '@types/node': manifestOf('.').devDependencies!['@types/node']! };
  reason = await install(project, packed, types);
  if (reason !== undefined) return;
  for (const name of ['nas.recording', 'pods.json']) copyFileSync(join(root, 'examples/recording', name), join(project, name));
  copyFileSync(join(root, 'test/packages/src/observe-import.mjs'), join(project, 'observe-import.mjs'));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }), 60_000);

/** Programs of the kernel side, where README.md shows what takes rights. */
const withoutRights: Readonly<Record<string, readonly [program: string, output: string]>> = {
  bpf: [
    `import { readFileSync } from 'node:fs';
import { objectFile } from '@nfscope/bpf';
console.log(readFileSync(objectFile).subarray(1, 4).toString());`,
    'ELF',
  ],
  native: [
    `import { open } from '@nfscope/native';
try {
  open(new Uint8Array(64));
} catch (error) {
  console.log(error instanceof Error && 'stage' in error && error.stage);
}`,
    'open',
  ],
};

/** The program that README.md shows, and what it says that it prints. */
const shown = (of: string): readonly [program: string, output: string] => {
  const [, program, output] =
    /^```js\n(import [^]*?)^```\n\n```text\n([^]*?)^```$/m.exec(readFileSync(join(root, of, 'README.md'), 'utf8')) ?? [];
  if (program !== undefined && output !== undefined) return [program, output.trimEnd()];
  const other = withoutRights[basename(of)];
  if (other === undefined) throw new Error(`${of}/README.md has no program (js) that is followed by what it prints (text)`);
  return other;
};

const packages = published.map((of) => ({ of, name: manifestOf(of).name }));

describe.each(packages)('$name', ({ of, name }) => {
  test('its tarball has what is needed and no tests', (context) => {
    const { contents } = packed.find((one) => one.name === name)!;
    expect(contents).toContain('README.md');
    const { license } = manifestOf(of) as { license: string };
    const licences = license === 'Apache-2.0' ? ['LICENSE'] : license.split(' OR ').map((one) => `LICENSE.${one}`);
    expect(contents.filter((path) => path.startsWith('LICENSE'))).toEqual(licences);
    expect(contents.filter((path) => /\.test\.|testdata|tsbuildinfo|\/bundle\//.test(path))).toEqual([]);
    // What is no text is made by a compiler, and is why the package exists.
    const made = { native: 'dist/nfscope.node', bpf: 'dist/nfs.bpf.o' }[basename(of)];
    if (made !== undefined) expect(contents).toContain(made);
    if (reason !== undefined) return context.skip(reason);
  });

  test('its README has a program that prints what is shown', { timeout: 60_000 }, async (context) => {
    const [program, output] = shown(of);
    if (reason !== undefined) return context.skip(reason);
    const file = join(project, `${basename(of)}.mjs`);
    writeFileSync(file, program);
    const { status, stdout, stderr } = await run(process.execPath, [file], project);
    expect({ status, stderr, stdout: stdout.trimEnd() }).toEqual({ status: 0, stderr: '', stdout: output });
  });

  // A kit for tests needs vitest, and is imported by tests alone.
  test.for(entryPoints(of).filter((entry) => !entry.endsWith('/testing')))(
    '%s does nothing when it is imported',
    async (entry, context) => {
      if (reason !== undefined) return context.skip(reason);
      const { stdout, stderr } = await run(process.execPath, ['observe-import.mjs', entry], project);
      expect(stderr).toBe('');
      const seen = JSON.parse(stdout) as Record<string, readonly string[]>;
      expect({
        ...seen,
        // Whoever needs the kernel program looks once where it is.
        calls: seen['calls']!.filter((call) => !/^fs\.existsSync\(.*@nfscope\/bpf\/.*\.bpf\.o\)$/.test(call)),
        // Registries of zod, shared by all copies of it in a process; what Node itself makes when `fetch` is first spoken of.
        globals: seen['globals']!.filter((global) => !/^__zod_|^Symbol\(undici\./.test(global)),
      }).toEqual({ calls: [], listeners: [], globals: [], resources: [] });
    },
  );
});

test('whoever does something when imported is seen', { timeout: 30_000 }, async (context) => {
  if (reason !== undefined) return context.skip(reason);
  const program = `import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
readFileSync('package.json');
setInterval(() => {}, 1_000);
process.on('exit', () => {});
globalThis.left = true;
createServer().listen(0, '127.0.0.1');`;
  writeFileSync(join(project, 'busy.mjs'), program);
  const { stdout } = await run(process.execPath, ['observe-import.mjs', './busy.mjs'], project);
  const seen = JSON.parse(stdout) as Record<string, readonly string[]>;
  expect(seen['calls']).toEqual(expect.arrayContaining(['fs.readFileSync(package.json)', 'Server.listen']));
  expect(seen['listeners']).toEqual([expect.stringMatching(/^exit \d+$/)]);
  expect(seen['globals']).toEqual(['left']);
  expect(seen['resources']).toContain('Timeout');
});

/** Compiles what is in the project by the strictest rules a user may have, the declarations of all that is imported included. */
const compile = async (name: string, program: string): Promise<string> => {
  writeFileSync(join(project, name), program);
  const rules = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
  };
  const config = { compilerOptions: { ...rules, allowJs: true, checkJs: true, noEmit: true }, files: [name] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  return (await run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], project)).stdout;
};

describe('in TypeScript', () => {
  test.for([
    ['strict', 'ts'],
    ['in plain JavaScript that is checked', 'mjs'],
  ])('what every README shows compiles, %s', { timeout: 120_000 }, async ([, ending], context) => {
    if (reason !== undefined) return context.skip(reason);
    const names = published.map((of) => {
      writeFileSync(join(project, `${basename(of)}-checked.${ending}`), shown(of)[0]);
      return `import './${basename(of)}-checked.${ending === 'ts' ? 'js' : ending}';`;
    });
    expect(await compile(`all.${ending}`, names.join('\n'))).toBe('');
  });

  test('every entry point has types, and no `any` for a name that is not there', { timeout: 120_000 }, async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const entries = published.flatMap(entryPoints);
    const imports = entries.map((entry, i) => `import * as entry${i} from '${entry}';\nvoid entry${i};`);
    expect(await compile('entries.ts', imports.join('\n'))).toBe('');
    const wrong = entries.map((entry, i) => `import { absent as absent${i} } from '${entry}';\nvoid absent${i};`);
    const errors = await compile('wrong.ts', wrong.join('\n'));
    expect([...errors.matchAll(/Module '"(.+)"' has no exported member 'absent'/g)].map((match) => match[1])).toEqual(entries);
  });
});
