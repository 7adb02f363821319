import { expect, test } from 'vitest';
import { foundEachTime } from '#tests/memory/support/found-each-time.ts';
import { MemoryWatch } from '#tests/memory/support/memory-watch.ts';
import { twoMachines, wronglyOpen } from '#tests/memory/support/two-machines.ts';
import { coreDump } from './core-dump.ts';

test('a core dump that root takes of a cell holds no more than the steps of the open piece, and nothing afterwards', async () => {
  const pairs: [number, number][] = [
    [13, 55],
    [17, 44],
  ];
  const found = await foundEachTime(pairs, async (recipes) => {
    // the trap handler of WebAssembly reserves 8 GB that are never used, and gcore writes them out
    await using machines = await twoMachines({ recipes, flags: ['--disable-wasm-trap-handler'] });
    const watch = new MemoryWatch(machines.one, machines.other);
    await machines.both((machine) => machine.begin());
    await machines.both((machine) => machine.untilPouring(2));
    const pouring = await watch.lookAtDumps(coreDump);
    await machines.both((machine) => machine.untilDone());
    const after = await watch.lookAtDumps(coreDump);
    // the dump is searched: the pumps' steps are in it
    expect(pouring.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
    expect([pouring.contentKeys, after.contentKeys]).toEqual([0, 0]);
    return [...wronglyOpen(pouring.both, 2), ...after.both];
  });
  expect(found).toEqual([]);
});
