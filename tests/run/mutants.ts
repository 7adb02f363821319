import { field, type Verdict, verdictOn } from '../mutants/plant.ts';
import { type PlantedBug, plantedBugs } from '../mutants/planted-bugs.ts';

/**
 * `npm run mutants [-- NAME…] [--json]`: plants each bug of `tests/mutants/planted-bugs.ts` in a copy of this tree and says which
 * test found it. Exit code 1 when one survives.
 */
async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = names.filter((name) => !plantedBugs.some((bug) => bug.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`no bug is named ${unknown.join(', ')}: ${plantedBugs.map(({ name }) => name).join(', ')}\n`);
    return 2;
  }
  const chosen = plantedBugs.filter(({ name }) => names.length === 0 || names.includes(name));
  const verdicts = await plantAll(chosen, args.includes('--json') ? () => {} : say);
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(verdicts, null, 2)}\n`);
  const survived = verdicts.filter(({ caughtBy }) => caughtBy.length === 0);
  if (!args.includes('--json')) {
    process.stdout.write(`${verdicts.length - survived.length} caught, ${survived.length} survived\n`);
  }
  return survived.length === 0 ? 0 : 1;
}

async function plantAll(bugs: readonly PlantedBug[], tell: (verdict: Verdict) => void): Promise<Verdict[]> {
  await using ground = await field();
  const verdicts: Verdict[] = [];
  for (const bug of bugs) {
    const verdict = await verdictOn(ground.folder, bug);
    tell(verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

function say({ bug, caughtBy, broken, seconds }: Verdict): void {
  const [first, ...more] = caughtBy;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const found =
    first === undefined ? `SURVIVED${broken === null ? '' : `: ${broken}`}` : `caught by "${first}"${others}`;
  process.stdout.write(`${bug.padEnd(18)} → ${found} (${seconds.toFixed(1)} s)\n`);
}

process.exitCode = await main(process.argv.slice(2));
