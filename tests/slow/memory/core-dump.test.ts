import { expect, test } from 'vitest';
import { MemoryWatch } from '#tests/memory/support/memory-watch.ts';
import { elsewhere, formsOfAmounts, twoMachines } from '#tests/memory/support/two-machines.ts';
import { coreDump } from './core-dump.ts';

test('a core dump that root takes of a cell holds no more than the steps of the open piece, and nothing afterwards', async () => {
  // the trap handler of WebAssembly reserves 8 GB that are never used, and gcore writes them out
  await using machines = await twoMachines({ recipes: [13, 55], flags: ['--disable-wasm-trap-handler'] });
  const watch = new MemoryWatch(machines.one, machines.other);
  await machines.both((machine) => machine.begin());
  await machines.both((machine) => machine.untilPouring(2));
  const pouring = await watch.lookAtDumps(coreDump);
  await machines.both((machine) => machine.untilDone());
  const after = await watch.lookAtDumps(coreDump);

  // the dump is searched: the pumps' steps are in it
  expect(pouring.both.filter(({ what, form }) => what === 'stop' && form === 'u32 le')).not.toEqual([]);
  expect(elsewhere(pouring.both, 2)).toEqual([]);
  expect(formsOfAmounts(pouring.both)).toEqual([]);
  expect(pouring.contentKeys).toBe(0);
  expect({ both: after.both, contentKeys: after.contentKeys }).toEqual({ both: [], contentKeys: 0 });
});
