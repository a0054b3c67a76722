import { execSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { files, root, text } from './tree.ts';

// What README.md shows of a command is what the command prints.
const shown = [...text('README.md').matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
  block!
    .split(/^\$ /m)
    .slice(1)
    .map((part) => ({ command: part.slice(0, part.indexOf('\n')), output: part.slice(part.indexOf('\n') + 1) })),
);

test('README.md shows commands with their output', () => {
  expect(shown.length).toBeGreaterThan(0);
});

describe.each(shown)('README.md: $command', ({ command, output }) => {
  test('prints what is shown', () => {
    expect(execSync(command, { cwd: root, encoding: 'utf8' })).toBe(output);
  });
});

test('README.md points to what is there, the picture of the table included', () => {
  const targets = [...text('README.md').matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!);
  expect(targets).toContain('docs/top.svg');
  expect(targets.filter((target) => !files.some((path) => path === target || path.startsWith(`${target}/`)))).toEqual([]);
});

test('README.md stays short', () => {
  expect(text('README.md').split('\n').length).toBeLessThan(120);
});
