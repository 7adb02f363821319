import { close } from './tally.ts';
import { runVitest } from './vitest-run.ts';

/** `npm run hardware [-- PATH…]`: the firmware in an emulator, GPIO drivers on a virtual kernel. */
process.exitCode = close(await runVitest(process.argv.slice(2), 'tests/vitest.hardware.config.ts'));
