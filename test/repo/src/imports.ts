import { isBuiltin } from 'node:module';
import { withoutComments } from './tree.ts';

const patterns = [
  // import x from 'y', export { x } from 'y', import type, over several lines; not a `from` inside a string.
  /^\s*(?:import|export)\s[^'"`;]*?\sfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*\}\s*from\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  // A call, as a value or as a type.
  /\bimport\(\s*['"]([^'"]+)['"]/g,
  /\brequire\(\s*['"]([^'"]+)['"]/g,
];

/** Every module specifier of a JavaScript or TypeScript source. */
export const specifiers = (source: string): string[] => {
  const code = withoutComments(source);
  return [...new Set(patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? '')))];
};

/** The package a specifier names, or undefined for a relative one and for Node's own modules. */
export const packageOf = (specifier: string): string | undefined => {
  if (specifier.startsWith('.') || specifier.startsWith('/') || isBuiltin(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
};
