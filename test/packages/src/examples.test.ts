// What the README of an example shows of a command is what the command prints, by this Node.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './project.ts';

const examples = readdirSync(join(root, 'examples')).map((name) => join(root, 'examples', name));
const readme = (folder: string): string => readFileSync(join(folder, 'README.md'), 'utf8');

// That of SDK 3 is no workspace, and has a test of its own.
const shown = examples
  .filter((folder) => existsSync(join(folder, 'package.json')) && !folder.endsWith('embedded-sdk-3'))
  .flatMap((folder) =>
    [...readme(folder).matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
      block!
        .split(/^\$ /m)
        .slice(1)
        .map((part) => {
          const end = part.indexOf('\n');
          return { folder, name: folder.slice(root.length), command: part.slice(0, end), output: part.slice(end + 1) };
        }),
    ),
  );

describe.each(shown)('$name: $command', ({ folder, command, output }) => {
  test('prints what is shown', { timeout: 60_000 }, () => {
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NO_COLOR: '1' };
    expect(execFileSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' })).toBe(output);
  });
});

/** Operations and bytes on the page of the run that was recorded, by pod. */
const recorded = (): Map<string, { operations: number; bytes: number }> => {
  const [head = '', ...lines] = readFileSync(join(root, 'examples/recording/totals.tsv'), 'utf8').trim().split('\n');
  const column = (line: string, name: string): string => line.split('\t')[head.split('\t').indexOf(name)]!;
  const sums = new Map<string, { operations: number; bytes: number }>();
  for (const line of lines) {
    const pod = column(line, 'k8s_pod_name');
    const { operations, bytes } = sums.get(pod) ?? { operations: 0, bytes: 0 };
    sums.set(pod, { operations: operations + Number(column(line, 'operations')), bytes: bytes + Number(column(line, 'bytes')) });
  }
  return sums;
};

describe('what is shown is what was recorded', () => {
  const sums = recorded();

  test('bytes of each pod, in twenty lines', () => {
    const text = readme(join(root, 'examples/console'));
    const bytes = new Map(
      [...text.matchAll(/^ {2}'?([\w ]+)'?: (\d+),?$/gm)].map((match) => [match[1] === 'no pod' ? '-' : match[1], Number(match[2])]),
    );
    expect(bytes).toEqual(new Map([...sums].map(([pod, { bytes: of }]) => [pod, of])));
    expect(readFileSync(join(root, 'examples/console/main.js'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  });

  test.each(['agent-as-library', 'embedded-sdk-3'])('operations of all, in %s', (name) => {
    const [, operations] = /^(\d+) operations in/m.exec(readme(join(root, 'examples', name))) ?? [];
    expect(Number(operations)).toBe([...sums.values()].reduce((sum, { operations: of }) => sum + of, 0));
  });
});
