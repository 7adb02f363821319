import { expect, test } from 'vitest';
import { scanMemory } from '#cli/memory/scan-memory.ts';
import { canaryPhases } from '#tests/memory/support/canary-phases.ts';
import { foundEachTime } from '#tests/memory/support/found-each-time.ts';
import { type Finding, type Found, MemoryWatch } from '#tests/memory/support/memory-watch.ts';
import { wronglyOpen } from '#tests/memory/support/two-machines.ts';
import { CanaryWorld, type Role } from './canary-world.ts';

/** Two demonstrations as they are, each selling a drink of which we know every number; needs root, the cell hides itself from others. */
test('cell, desk and marketplace hold no amount and no content key of a drink, while it pours and afterwards', async () => {
  const pairs: [number, number][] = [
    [21, 34],
    [26, 51],
  ];
  expect(await foundEachTime(pairs, wrongInWorlds)).toEqual([]);
});

async function wrongInWorlds([first, second]: [number, number]): Promise<Found[]> {
  await using stack = new AsyncDisposableStack();
  const worlds = await Promise.all([first, second].map((recipe) => CanaryWorld.start(canaryPhases(recipe))));
  for (const world of worlds) stack.use(world);
  const [one, other] = worlds;
  if (one === undefined || other === undefined) throw new Error('two worlds');
  const watchOf = (role: Role): MemoryWatch => new MemoryWatch(one.searched(role), other.searched(role));
  const [cell, desk, marketplace] = [watchOf('cell'), watchOf('desk'), watchOf('marketplace')];
  const orders = await Promise.all(worlds.map(async (world) => ({ world, ...(await world.order()) })));
  await Promise.all(orders.map(({ world, customer, id }) => world.standStillIn(2, customer, id)));

  const [pouring, atDesk, atMarket] = [cell.look(), desk.look(), marketplace.look()];
  for (const world of worlds) world.go();
  await Promise.all(orders.map(({ customer, id }) => customer.until(id, 'done', 'partial')));
  const later = [cell.look(), desk.look(), marketplace.look(), await cell.lookAtFiles()];

  // the search finds what there is: steps of the open piece in the cell, the drink's name elsewhere
  expect(pouring.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
  for (const role of ['desk', 'marketplace'] as const) {
    const [name] = scanMemory(one.searched(role).pid, [Buffer.from('Nobody knows what is in it.')]).copies;
    expect(name?.count, role).toBeGreaterThan(0);
  }
  const findings: Finding[] = [pouring, atDesk, atMarket, ...later];
  expect(findings.map(({ contentKeys }) => contentKeys)).toEqual(findings.map(() => 0));
  return [...wronglyOpen(pouring.both, 2), ...[atDesk, atMarket, ...later].flatMap(({ both }) => both)];
}
