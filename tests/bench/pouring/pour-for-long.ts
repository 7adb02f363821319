import { createExecutor } from '#cell/executor/executor.ts';
import { Grant } from '#cell/executor/grant.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { bounds, dispense } from '#tests/support/pump-bench.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { eightPumps, openEightPumps } from './eight-pumps.ts';

/** `pour-for-long.ts PORT`: a host that pours 100 ml through the cell's executor, to be ended in the middle of it. */
const dispenser = await openEightPumps(process.argv[2] ?? '');
const executor = createExecutor({
  dispenser,
  clock: systemClock,
  log: silentLog,
  machine: eightPumps,
  token: openSeal,
});
const run = executor.open(new Grant({ t: 'batch', licence: '00' }), bounds);
await run.piece(dispense('together', [[0, 100_000]]));
