import { expect, it } from 'vitest';
import { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import { noSpread, simPump } from '#firmware-bridge/sim/sim-pumps.ts';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import { entriesOf } from '#tests/integration/support/journal-entries.ts';
import { openJournal } from '#cell/journal/journal.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { cellWorld } from '#tests/support/cell/cell-world.ts';
import { TestCell } from '#tests/support/cell/test-cell.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';

/** 7.1 of what other drink machines get wrong: a bottle runs dry, and the machine pours air to the end and calls that a drink. */
const mostMs = 12_000;

it('ends a drink whose bottle runs dry by the scale alone, tells the customer, and books what is owed for', async () => {
  await using world = await cellWorld('soft');
  const points = [{ drive: 1000, flow: 10_000 }];
  const pumps = world.config.pumps.map(() => simPump({ points, lag: 0 }, 1_000_000, noSpread));
  const sim = new SimDispenser({ clock: world.clock, pumps, seed: 4, scale: usualScale, levelSwitches: false });
  const config = { ...world.config, pumps: world.config.pumps.map((pump) => ({ ...pump, flow: pump.flow.slice(-1) })) };
  await using cell = await TestCell.boot({ ...world, dispenser: sim }, config);
  await cell.upload(world.drink.file);
  await cell.sendPrekeys();
  await cell.ask('revocations', { message: await world.market.statusList() });

  const order = await cell.checked();
  const line = 2;
  sim.inject({ t: 'empty-bottle', pump: line, left_ul: 5_000 });
  const begin = systemClock.monotonic();
  await cell.ask('start', { order });
  const result = await cell.done(order);
  expect(result).toMatchObject({ result: 'partial', reason: 'dispenser/no-flow', ordered_ul: 191_500 });
  expect(result.delivered_ul).toBeLessThan(191_500);
  expect(await sim.readBack()).toBe(0);
  // half a second of liquid, at most 5 s until the scale is sure, and the journal
  expect(systemClock.monotonic() - begin).toBeLessThan(mostMs);
  expect(sentenceFor('en', 'dispenser/no-flow', {}).money).toMatch(/voucher|back/);
  const spent = entriesOf('SPENT', (await openJournal(world.disk.copy())).entries);
  expect(spent).toMatchObject([{ result: 'partial', reason: 'dispenser/no-flow' }]);
  expect(sim.weigh()[line]).toBeLessThanOrEqual(5_000);
});
