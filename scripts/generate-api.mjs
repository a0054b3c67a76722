// docs/api: what each package offers, one text file a package, by TypeScript's own reading of the declarations that are published.
// A change of it is a change that users see, so it shows in a diff. Whatever is exported has to say what it is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import { API, SymbolFlags } from 'typescript/unstable/sync';
import { root } from './step.mjs';

const folders = ['bpf', 'native', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];

/** Entry points of what is published: their specifiers and the files of their declarations. */
const packages = folders
  .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }))
  .filter((manifest) => manifest.private !== true)
  .map(({ folder, name, exports }) => ({
    name,
    folder: join(root, folder),
    entries: Object.entries(exports).map(([path, { types }]) => ({ specifier: name + path.slice(1), file: join(root, folder, types) })),
  }));

/** A project that is nowhere but in memory: all entry points, seen as a program of its own sees them. */
const projectFile = join(root, 'api.tsconfig.json');
const project = JSON.stringify({
  compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, skipLibCheck: true, noEmit: true, types: ['node'] },
  files: packages.flatMap(({ entries }) => entries.map(({ file }) => file)),
});

/** As a program sees it: no comments, no texts for people, and none of the words that every declaration file repeats. */
const textOf = (emitter, node) =>
  emitter
    .printNode(node)
    .replaceAll(/^\s*\/\*\*[^]*?\*\/\n/gm, '')
    .replace(/ = "(?:[^"\\]|\\.){80,}"/, ': string')
    .replace(/^(export )?(declare )?/, '');

const isVariable = (node) => node.kind === SyntaxKind.VariableDeclaration;
/** The whole statement: `const` stands outside the declaration of a variable. */
const statementOf = (node) => (isVariable(node) ? node.parent.parent : node);

function identifiersOf(node) {
  const found = [];
  const visit = (one) => {
    if (one.kind === SyntaxKind.Identifier) found.push(one);
    one.forEachChild(visit);
  };
  node.forEachChild(visit);
  return found;
}

/** Path -> text. */
export async function outputs() {
  const api = new API({ cwd: root, fs: { readFile: (path) => (path === projectFile ? project : undefined) } });
  const mute = [];
  try {
    const { checker, emitter, program } = api.updateSnapshot({ openProjects: [projectFile] }).getProject(projectFile);
    const target = (symbol) => (symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
    const declarationsOf = (symbol) => symbol.declarations.map((handle) => handle.resolve());

    const describe = ({ name, folder, entries }) => {
      const parts = [];
      const exported = new Set();
      const within = new Map();
      for (const { specifier, file } of entries) {
        const source = program.getSourceFile(file);
        if (source === undefined) throw new Error(`${file} is not there: build first`);
        parts.push(`${'='.repeat(4)} ${specifier}`);
        const names = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
        for (const symbol of names.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
          const original = target(symbol);
          exported.add(original.id);
          const declarations = declarationsOf(original);
          const title = `${specifier}: ${symbol.name}`;
          if (original.getDocumentationComment(checker).trim() === '') mute.push(title);
          const alias = original.name === symbol.name ? '' : `${symbol.name} is `;
          parts.push(declarations.map((node) => alias + textOf(emitter, statementOf(node))).join('\n'));
          for (const node of declarations) collect(node, folder, within);
        }
      }
      const others = [...within.values()].filter(({ id }) => !exported.has(id)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      if (others.length > 0) {
        parts.push(`${'='.repeat(4)} not exported, but part of what is`);
        for (const symbol of others)
          parts.push(
            declarationsOf(symbol)
              .map((node) => textOf(emitter, statementOf(node)))
              .join('\n'),
          );
      }
      return `The public API of ${name}. Generated from its declarations by \`npm run generate\`. Do not edit.\n\n${parts.join('\n\n')}\n`;
    };

    /** Declarations of the package that this one speaks of, and those that they speak of. */
    const collect = (node, folder, within) => {
      const identifiers = identifiersOf(node);
      if (identifiers.length === 0) return;
      for (const found of checker.getSymbolAtLocation(identifiers)) {
        if (found === undefined) continue;
        const symbol = target(found);
        if (within.has(symbol.id)) continue;
        const outer = declarationsOf(symbol).filter(
          (one) => one?.getSourceFile().fileName.startsWith(`${folder}/`) && statementOf(one).parent?.kind === SyntaxKind.SourceFile,
        );
        if (outer.length === 0) continue;
        within.set(symbol.id, symbol);
        for (const one of outer) collect(one, folder, within);
      }
    };

    const files = new Map(packages.map((one) => [`docs/api/${one.name.replace('@nfscope/', '')}.txt`, describe(one)]));
    if (mute.length > 0) throw new Error(`exported without a docstring:\n  ${mute.join('\n  ')}`);
    return files;
  } finally {
    api.close();
  }
}
