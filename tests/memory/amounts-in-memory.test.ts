import { beforeAll, describe, expect, inject, test } from 'vitest';
import { provisionedState } from '#tests/integration/support/provisioned-state.ts';
import { formNames } from './support/canary-forms.ts';
import { foundEachTime } from './support/found-each-time.ts';
import { MemoryWatch } from './support/memory-watch.ts';
import { elsewhere, formsOfAmounts, twoMachines, wronglyOpen } from './support/two-machines.ts';

const allForms = [...formNames].sort();

/** `tests/slow/memory/` looks at every piece and at the other processes. */
describe('the memory of a cell', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    await provisionedState(inject('runFolder'));
  });

  test('holds of its recipe the steps of the piece that pours and nothing else, and nothing afterwards', async () => {
    const pairs: [number, number][] = [
      [3, 8],
      [7, 30],
    ];
    const found = await foundEachTime(pairs, async (recipes) => {
      await using machines = await twoMachines({ recipes });
      const watch = new MemoryWatch(machines.one, machines.other);
      await machines.both((machine) => machine.begin());
      await machines.both((machine) => machine.untilPouring(2));
      const pouring = watch.look();
      // else the search would find nothing at all
      expect(pouring.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
      await machines.both((machine) => machine.untilDone());
      const after = watch.look();
      const files = await watch.lookAtFiles();
      expect([pouring, after, files].map(({ contentKeys }) => contentKeys)).toEqual([0, 0, 0]);
      return [...wronglyOpen(pouring.both, 2), ...after.both, ...files.both];
    });
    expect(found).toEqual([]);
  });

  test('is found to hold everything where nothing is wiped (the search can fail)', async () => {
    await using machines = await twoMachines({ leaky: true });
    const { one, other } = machines;
    const watch = new MemoryWatch(one, other);
    for (const key of one.recipe.contentKeys) await one.leave(key);
    await one.begin();
    await one.untilPouring(2);
    const pouring = watch.look();
    expect(pouring.contentKeys).toBeGreaterThanOrEqual(2);
    expect(formsOfAmounts(elsewhere(pouring.one, 2))).toEqual(allForms);
    await one.untilDone();
    const { one: left } = watch.look();
    for (const piece of [1, 2, 3]) {
      const ofPiece = left.filter((each) => each.piece === piece);
      expect(formsOfAmounts(ofPiece)).toEqual(allForms);
      expect(ofPiece.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
    }
  });
});
