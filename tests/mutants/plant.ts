import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, runNode } from '../run/program.ts';
import type { Edit, PlantedBug } from './planted-bugs.ts';

/** What the tests said to a planted bug. */
export interface Verdict {
  readonly bug: string;
  /** Names of the tests that failed; none: it survived. */
  readonly caughtBy: readonly string[];
  readonly seconds: number;
  /** When no test could be run at all, why. */
  readonly broken: string | null;
}

const copied = ['src', 'recipes', 'hsm', 'firmware-bridge', 'tests', 'package.json', 'tsconfig.json'];

/** A copy of this tree to plant bugs in, with the same packages. */
export async function field(): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-mutants-'));
  for (const path of copied) await cp(join(root, path), join(folder, path), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** The text with the edit made; @throws Error unless its place occurs exactly once */
export function edited(text: string, { path, from, to }: Edit): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(
      `${path}: what is to be changed occurs ${after === undefined ? 'nowhere' : 'more than once'}: ${from}`,
    );
  }
  return `${before}${to}${after}`;
}

/** Plants the bug, runs its tests, and puts the code right again. */
export async function verdictOn(folder: string, bug: PlantedBug): Promise<Verdict> {
  const started = performance.now();
  const paths = [...new Set(bug.edits.map(({ path }) => path))];
  const kept = new Map<string, string>();
  for (const path of paths) kept.set(path, await readFile(join(folder, path), 'utf8'));
  try {
    for (const edit of bug.edits) {
      const at = join(folder, edit.path);
      await writeFile(at, edited(await readFile(at, 'utf8'), edit));
    }
    const { caughtBy, broken } = await failuresOf(folder, bug);
    return { bug: bug.name, caughtBy, broken, seconds: (performance.now() - started) / 1000 };
  } finally {
    for (const [path, text] of kept) await writeFile(join(folder, path), text);
  }
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function failuresOf(folder: string, { tests, named }: PlantedBug): Promise<Pick<Verdict, 'caughtBy' | 'broken'>> {
  const file = join(folder, '.report', 'report.json');
  await rm(file, { force: true });
  await mkdir(dirname(file), { recursive: true });
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const config = join(folder, 'tests', 'vitest.config.ts');
  const args = ['run', '--config', config, '--reporter=json', `--outputFile.json=${file}`, ...tests];
  if (named !== undefined) args.push('-t', named);
  const { code, output } = await runNode([vitest, ...args], { cwd: folder });
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => null,
  );
  const results = report?.testResults ?? [];
  const caughtBy = results.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  );
  const ran = results.some(({ assertionResults }) => assertionResults.some(({ status }) => status !== 'skipped'));
  const broken = ran ? null : results[0]?.message || output.slice(-2000) || `vitest ended with ${code}`;
  return { caughtBy, broken };
}
