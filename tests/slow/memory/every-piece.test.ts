import { describe, expect, test } from 'vitest';
import { MemoryWatch } from '#tests/memory/support/memory-watch.ts';
import { elsewhere, formsOfAmounts, twoMachines } from '#tests/memory/support/two-machines.ts';

const nothing = { both: [], contentKeys: 0 };

describe('the memory of a cell', () => {
  test.each([
    [1, 2],
    [5, 40],
  ])('with the recipes %i and %i holds at most the steps of the piece that pours', async (...recipes) => {
    await using machines = await twoMachines({ recipes });
    const watch = new MemoryWatch(machines.one, machines.other);
    await machines.both((machine) => machine.begin());
    for (const piece of [1, 2, 3]) {
      await machines.both((machine) => machine.untilPouring(piece));
      const found = watch.look();
      expect(elsewhere(found.both, piece)).toEqual([]);
      expect(formsOfAmounts(found.both)).toEqual([]);
      expect(found.contentKeys).toBe(0);
      expect(found.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
    }
    await machines.both((machine) => machine.untilDone());
    expect(watch.look()).toMatchObject(nothing);
    expect(await watch.lookAtFiles()).toMatchObject(nothing);
  });

  test('holds no more while the glass is away, and nothing when the drink was given up', async () => {
    await using machines = await twoMachines({ recipes: [15, 60] });
    const watch = new MemoryWatch(machines.one, machines.other);
    await machines.both((machine) => machine.begin());
    await machines.both((machine) => machine.untilPouring(2));
    await machines.both((machine) => machine.glass('gone'));
    await machines.both((machine) => machine.until(({ state }) => state === 'held'));
    const held = watch.look();
    expect(elsewhere(held.both, 2)).toEqual([]);
    expect(formsOfAmounts(held.both)).toEqual([]);
    expect(held.contentKeys).toBe(0);
    // longer than anybody waits for a glass
    await machines.both((machine) => machine.untilDone());
    expect(watch.look()).toMatchObject(nothing);
    expect(await watch.lookAtFiles()).toMatchObject(nothing);
  });
});
