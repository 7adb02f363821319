import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkHotFiles } from '../lint/hot-files.ts';
import { checkImports } from '../lint/imports.ts';
import { checkLifetimes } from '../lint/lifetimes.ts';
import { type LockFile, missingOptionals } from '../lint/lock-file.ts';
import { checkSizes } from '../lint/sizes.ts';
import { runNode, root } from './program.ts';
import type { Check } from './tally.ts';

const folders = ['src', 'recipes', 'hsm', 'firmware-bridge', 'tests'];
const typescript = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
const linter = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
const formatter = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');

/** What holds of every source file: types, lint, imports, format, sizes. */
export const standingChecks: readonly Check[] = [
  { name: 'types', run: () => outputOf([typescript, '-p', 'tsconfig.json']) },
  { name: 'pure parts know no process, timers or page', run: impurities },
  {
    name: 'lint',
    run: () =>
      outputOf([linter, '-c', 'tests/lint/oxlint.json', '--type-aware', '--deny-warnings', '-f', 'unix', ...folders]),
  },
  { name: 'nothing held with using ends early', run: () => Promise.resolve(checkLifetimes(root).join('\n')) },
  { name: 'amounts stay off the heap', run: () => Promise.resolve(checkHotFiles(root).join('\n')) },
  { name: 'imports keep to the table of ARCHITECTURE.md', run: importBreaks },
  { name: 'format', run: unformatted },
  { name: 'files and functions stay small', run: () => Promise.resolve(checkSizes(root).join('\n')) },
  { name: 'package-lock.json names the packages of every platform', run: lockGaps },
];

async function outputOf(args: readonly string[]): Promise<string> {
  const { code, output } = await runNode(args);
  return code === 0 ? '' : `${output}\nended with ${code}`;
}

async function impurities(): Promise<string> {
  const pure = [typescript, '-p', 'tests/lint/tsconfig.pure.json'];
  const { output } = await runNode([...pure, '--listFilesOnly']);
  // one package that asks for Node's types would let every pure file use them
  if (output.includes('/@types/node/')) return "a package that the pure parts import brings Node's types along";
  return outputOf(pure);
}

async function unformatted(): Promise<string> {
  const { code, output } = await runNode([formatter, 'format', '--max-diagnostics=none', '--colors=off', '.']);
  if (code === 0) return '';
  const files = output.split('\n').flatMap((line) => / ?(\S+) format ━/.exec(line)?.[1] ?? []);
  if (files.length === 0) return output;
  return `${files.join('\n')}\nnode_modules/.bin/biome format --write PATH puts them right`;
}

async function importBreaks(): Promise<string> {
  const { breaks, files, unread } = await checkImports(root);
  if (files === 0) return 'no source file was read: is TypeScript 6 installed under the name typescript?';
  const lines = breaks.map(({ rule, from, to, advice }) => `${rule}: ${from} → ${to}\n  ${advice}`);
  return [...lines, ...unread.map((path) => `not read: ${path}`)].join('\n');
}

function lockGaps(): Promise<string> {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const missing = [...missingOptionals(lock).keys()];
  if (missing.length === 0) return Promise.resolve('');
  return Promise.resolve(
    `${missing.join('\n')}\nnode tests/lint/lock-file.ts --complete names them; npm ci needs that`,
  );
}
