import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleCell } from '#cell/assemble.ts';
import type { Log } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';

describe('a journal that is damaged before its last entry', () => {
  let world: CellWorld;
  beforeAll(async () => {
    world = await cellWorld('stub');
    const cell = await world.ready();
    await cell[Symbol.asyncDispose]();
    const bytes = world.disk.bytes('journal/journal.log');
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    world.disk.put('journal/journal.log', bytes);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('keeps the cell from starting, says where in the log, and changes neither file nor token', async () => {
    const before = [world.disk.bytes('journal/journal.log'), world.token.listKeys('')];
    const said: [string, object | undefined][] = [];
    const log: Log = {
      info: () => {},
      warn: () => {},
      error: (message, fields) => said.push([message, fields]),
      with: () => log,
    };
    const { config, token, disk, clock } = world;
    const nothing = (): void => {};
    const starting = assembleCell({
      config,
      token,
      disk,
      clock,
      log,
      entropy: systemEntropy,
      tell: nothing,
      broken: nothing,
    });
    await expect(starting).rejects.toMatchObject({ code: 'journal/broken' });
    expect(said).toEqual([['journal damaged', expect.objectContaining({ index: 1, code: 'journal/broken' })]]);
    expect([world.disk.bytes('journal/journal.log'), world.token.listKeys('')]).toEqual(before);
  });
});
