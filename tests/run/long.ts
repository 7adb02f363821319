import { close } from './tally.ts';
import { runVitest } from './vitest-run.ts';

/** `npm run long [-- PATH…]`: the ordinary tests' long random runs (`*.long.ts`). */
process.exitCode = close(await runVitest(process.argv.slice(2), 'tests/vitest.long.config.ts'));
