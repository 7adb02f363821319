import { close } from './tally.ts';
import { runVitest } from './vitest-run.ts';

/** `npm run slow [-- PATH…]`: tests on a pristine system; they need root. */
process.exitCode = close(await runVitest(process.argv.slice(2), 'tests/vitest.slow.config.ts'));
