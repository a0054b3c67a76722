// `npm run new exporter-NAME`: a component that works, made from packages/exporter-debug and known to everybody who has to know.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run } from './step.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const say = (text) => process.stdout.write(`${text}\n`);

/** Ends with a line of what is wrong, and what would be right. */
function refuse(line) {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}

/** What a name is called, in the ways that names are written. */
function formsOf(name) {
  const words = name.split('-');
  const capital = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return { kebab: name, type: words.join('_'), camel: capital[0].toLowerCase() + capital.slice(1), capital };
}

const files = (...pattern) =>
  execFileSync('git', ['ls-files', ...pattern], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');

/** Types of the exporters that are there, and the packages that have them. */
const types = () =>
  new Map(
    files('--cached', '--others', '--exclude-standard', 'packages/exporter-*/src/*factory.ts').flatMap((path) =>
      [...read(path).matchAll(/^ {2}type: '(\w+)',$/gm)].map(([, type]) => [type, path.split('/')[1]]),
    ),
  );

/** A text of packages/exporter-debug as one of the new package. */
const renamed = (text, { kebab, type, camel, capital }) =>
  text
    .replaceAll('exporter-debug', `exporter-${kebab}`)
    .replaceAll('debug-exporter', `${kebab}-exporter`)
    .replaceAll('debugExporter', `${camel}Exporter`)
    .replaceAll('DebugExporter', `${capital}Exporter`)
    .replaceAll(/(['`])debug\1/g, `$1${type}$1`)
    .replaceAll(/^( +)debug:$/gm, `$1${type}:`)
    // It is no template any more.
    .replace('; the template for a new exporter', '')
    .replace(/^It is also the template for a new exporter.*\n/m, '');

/** The text with a line like that of exporter-debug after it. */
function withLine(path, line) {
  const text = read(path);
  const end = text.indexOf(line) + line.length;
  if (end < line.length) throw new Error(`${path} has no line ${line.trim()}`);
  return { text, end };
}
const doubled = (path, line, other) => {
  const { text, end } = withLine(path, line);
  return [path, text.slice(0, end) + other + text.slice(end)];
};

/** Path -> text of everything that is to be written. */
function texts(forms) {
  const { kebab } = forms;
  const line = (path, text) => doubled(path, text, renamed(text, forms));
  const agent = JSON.parse(read('packages/agent/package.json'));
  const dependencies = { ...agent.dependencies, [`@nfscope/exporter-${kebab}`]: agent.version };
  const sorted = Object.fromEntries(Object.entries(dependencies).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const list = line('packages/agent/src/components.ts', '  debugExporterFactory,\n');
  const own = "import { debugExporterFactory } from '@nfscope/exporter-debug';\n";
  return new Map([
    ...files('packages/exporter-debug').map((path) => [renamed(path, forms), renamed(read(path), forms)]),
    ['packages/agent/package.json', `${JSON.stringify({ ...agent, dependencies: sorted }, null, 2)}\n`],
    line('packages/agent/tsconfig.json', '    { "path": "../exporter-debug" },\n'),
    line('tsconfig.json', '    { "path": "packages/exporter-debug" },\n'),
    [list[0], list[1].replace(own, own + renamed(own, forms))],
  ]);
}

/** Writes all of it, or nothing: what was there before comes back when something fails. */
async function make(forms) {
  const folder = `packages/exporter-${forms.kebab}`;
  const all = texts(forms);
  const before = ['package-lock.json', ...all.keys()].filter((path) => existsSync(join(root, path))).map((path) => [path, read(path)]);
  try {
    for (const [path, text] of all) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { status, output } = await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']);
    if (status !== 0) throw new Error(`npm install: ${output.trim()}`);
    const formatted = await run('prettier', ['--write', '--log-level', 'warn', folder, 'packages/agent/src/components.ts']);
    if (formatted.status !== 0) throw new Error(`prettier: ${formatted.output.trim()}`);
  } catch (error) {
    rmSync(join(root, folder), { recursive: true, force: true });
    for (const [path, text] of before) writeFileSync(join(root, path), text);
    throw error;
  }
}

const usage = 'usage: npm run new exporter-NAME, such as exporter-kafka';
const [name, ...others] = process.argv.slice(2);
if (name === undefined || others.length > 0) refuse(usage);
const [, own] = /^exporter-([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/.exec(name) ?? [];
if (own === undefined) refuse(`${JSON.stringify(name)} is no name of an exporter: lower case letters, digits and single hyphens; ${usage}`);
const forms = formsOf(own);
const holder = existsSync(join(root, 'packages', name)) ? name : types().get(forms.type);
if (holder !== undefined) refuse(`packages/${holder} has the type ${forms.type} already: take another name`);

try {
  await make(forms);
} catch (error) {
  process.stderr.write(`nothing was made: ${error.message}\n`);
  process.exit(1);
}
say(`packages/${name} is there: it prints what comes, as debug does. Next:
  1. src/config.ts: what a user can set
  2. src/${own}-exporter.ts: what becomes of a batch
  3. npx vitest packages/${name}
  4. npm run build && npm run generate && npm run check
docs/adding-a-component.md goes through it.`);
