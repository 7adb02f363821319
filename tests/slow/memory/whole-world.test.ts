import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanMemory } from '#cli/memory/scan-memory.ts';
import { canaryPhases } from '#tests/memory/support/canary-phases.ts';
import { MemoryWatch } from '#tests/memory/support/memory-watch.ts';
import { elsewhere, formsOfAmounts } from '#tests/memory/support/two-machines.ts';
import { CanaryWorld, type Role } from './canary-world.ts';

const roles: readonly Role[] = ['cell', 'desk', 'marketplace'];
const nothing = { both: [], contentKeys: 0 };

/** Two demonstrations as they are, each selling a drink of which we know every number; needs root, the cell hides itself from others. */
describe('cell, desk and marketplace', () => {
  const stack = new AsyncDisposableStack();
  let one: CanaryWorld;
  let other: CanaryWorld;

  beforeAll(async () => {
    const worlds = await Promise.all([CanaryWorld.start(canaryPhases(21)), CanaryWorld.start(canaryPhases(34))]);
    one = stack.use(worlds[0]);
    other = stack.use(worlds[1]);
  });
  afterAll(() => stack.disposeAsync());

  test('hold no amount and no content key of a drink, while it pours and afterwards', async () => {
    const [cell, desk, marketplace] = roles.map((role) => new MemoryWatch(one.searched(role), other.searched(role)));
    const look = () => ({ cell: cell?.look(), desk: desk?.look(), marketplace: marketplace?.look() });
    const orders = await Promise.all([one, other].map(async (each) => ({ each, ...(await each.order()) })));
    await Promise.all(orders.map(({ each, customer, id }) => each.standStillIn(2, customer, id)));

    const pouring = look();
    one.go();
    other.go();
    await Promise.all(orders.map(({ customer, id }) => customer.until(id, 'done', 'partial')));
    const after = look();
    const files = await cell?.lookAtFiles();

    // the search finds what there is: steps of the open piece in the cell, the drink's name elsewhere
    expect(pouring.cell?.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
    for (const role of ['desk', 'marketplace'] as const) {
      const [name] = scanMemory(one.searched(role).pid, [Buffer.from('Nobody knows what is in it.')]).copies;
      expect(name?.count, role).toBeGreaterThan(0);
    }
    expect(elsewhere(pouring.cell?.both ?? [], 2)).toEqual([]);
    expect(formsOfAmounts(pouring.cell?.both ?? [])).toEqual([]);
    expect(pouring.cell?.contentKeys).toBe(0);
    expect(pouring).toMatchObject({ desk: nothing, marketplace: nothing });
    expect(after).toMatchObject({ cell: nothing, desk: nothing, marketplace: nothing });
    expect(files).toMatchObject(nothing);
  });
});
