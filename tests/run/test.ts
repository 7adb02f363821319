import { runVitest } from './vitest-run.ts';
import { standingChecks } from './standing-checks.ts';
import { close, runChecks } from './tally.ts';

/** `npm test [-- PATH…]`: everything that must pass before a change lands; with paths only the tests below them. */
const filters = process.argv.slice(2);
process.exitCode =
  filters.length > 0
    ? close(await runVitest(filters))
    : close(await runChecks(standingChecks), await runVitest(['--coverage']));
