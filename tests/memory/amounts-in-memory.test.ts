import { beforeAll, describe, expect, inject, test } from 'vitest';
import { provisionedState } from '#tests/integration/support/provisioned-state.ts';
import { formNames } from './support/canary-forms.ts';
import { MemoryWatch } from './support/memory-watch.ts';
import { elsewhere, formsOfAmounts, twoMachines } from './support/two-machines.ts';

const allForms = [...formNames].sort();

/** `tests/slow/memory/` looks at every piece and at the other processes. */
describe('the memory of a cell', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    await provisionedState(inject('runFolder'));
  });

  test('holds of its recipe the steps of the piece that pours and nothing else, and nothing afterwards', async () => {
    await using machines = await twoMachines();
    const watch = new MemoryWatch(machines.one, machines.other);
    await machines.both((machine) => machine.begin());
    await machines.both((machine) => machine.untilPouring(2));
    const pouring = watch.look();
    expect(elsewhere(pouring.both, 2)).toEqual([]);
    expect(formsOfAmounts(pouring.both)).toEqual([]);
    expect(pouring.contentKeys).toBe(0);
    // else the search would find nothing at all
    const steps = pouring.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le');
    expect(steps.length).toBeGreaterThan(0);
    await machines.both((machine) => machine.untilDone());
    const after = watch.look();
    expect({ both: after.both, contentKeys: after.contentKeys }).toEqual({ both: [], contentKeys: 0 });
    const files = await watch.lookAtFiles();
    expect({ both: files.both, contentKeys: files.contentKeys }).toEqual({ both: [], contentKeys: 0 });
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
