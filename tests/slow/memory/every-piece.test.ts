import { describe, expect, test } from 'vitest';
import { foundEachTime } from '#tests/memory/support/found-each-time.ts';
import { type Finding, MemoryWatch } from '#tests/memory/support/memory-watch.ts';
import { twoMachines, wronglyOpen } from '#tests/memory/support/two-machines.ts';

const hasSteps = ({ both }: Finding): boolean => both.some(({ what, form }) => what === 'stop' && form === 'u32 le');

describe('the memory of a cell', () => {
  test('holds at most the steps of the piece that pours, whichever it is', async () => {
    const pairs: [number, number][] = [
      [1, 2],
      [5, 40],
    ];
    const found = await foundEachTime(pairs, async (recipes) => {
      await using machines = await twoMachines({ recipes });
      const watch = new MemoryWatch(machines.one, machines.other);
      await machines.both((machine) => machine.begin());
      const wrong = [];
      for (const piece of [1, 2, 3]) {
        await machines.both((machine) => machine.untilPouring(piece));
        const pouring = watch.look();
        expect([hasSteps(pouring), pouring.contentKeys]).toEqual([true, 0]);
        wrong.push(...wronglyOpen(pouring.both, piece));
      }
      await machines.both((machine) => machine.untilDone());
      const [after, files] = [watch.look(), await watch.lookAtFiles()];
      expect([after.contentKeys, files.contentKeys]).toEqual([0, 0]);
      return [...wrong, ...after.both, ...files.both];
    });
    expect(found).toEqual([]);
  });

  test('holds no more while the glass is away, and nothing when the drink was given up', async () => {
    const pairs: [number, number][] = [
      [15, 60],
      [22, 41],
    ];
    const found = await foundEachTime(pairs, async (recipes) => {
      await using machines = await twoMachines({ recipes });
      const watch = new MemoryWatch(machines.one, machines.other);
      await machines.both((machine) => machine.begin());
      await machines.both((machine) => machine.untilPouring(2));
      await machines.both((machine) => machine.glass('gone'));
      await machines.both((machine) => machine.until(({ state }) => state === 'held'));
      const held = watch.look();
      // longer than anybody waits for a glass
      await machines.both((machine) => machine.untilDone());
      const [after, files] = [watch.look(), await watch.lookAtFiles()];
      expect([held, after, files].map(({ contentKeys }) => contentKeys)).toEqual([0, 0, 0]);
      return [...wronglyOpen(held.both, 2), ...after.both, ...files.both];
    });
    expect(found).toEqual([]);
  });
});
