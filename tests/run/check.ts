import { standingChecks } from './standing-checks.ts';
import { close, runChecks } from './tally.ts';

/** `npm run check`: types, lint, import rules, format. */
process.exitCode = close(await runChecks(standingChecks));
