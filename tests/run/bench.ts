import { globSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode } from './program.ts';

/** `npm run bench [-- NAME… --json]`: runs `tests/bench/NAME.bench.ts` and `NAME-*.bench.ts`, all benchmarks without a name. */
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const all = globSync('*.bench.ts', { cwd: join(root, 'tests', 'bench') }).toSorted();
const isMeant = (file: string): boolean =>
  names.some((name) => file.startsWith(`${name}.`) || file.startsWith(`${name}-`));
const chosen = all.filter((file) => names.length === 0 || isMeant(file));

if (chosen.length === 0) {
  const known = all.map((file) => file.replace('.bench.ts', '')).join(', ');
  process.stderr.write(`There is no such benchmark; there are: ${known || 'none yet'}.\n`);
  process.exitCode = 2;
}
/** What a cell does is measured as a cell does it (src/decisions/0010). */
const asCell = (file: string): string[] => (/^(cell|plan|pouring)\b/.test(file) ? ['--no-opt', '--no-maglev'] : []);

for (const file of chosen) {
  const { code } = await runNode([...asCell(file), join(root, 'tests', 'bench', file), ...options], { show: true });
  if (code !== 0) process.exitCode = 1;
}
