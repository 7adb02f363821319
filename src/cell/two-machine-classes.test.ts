import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import type { SealedRecords } from '#recipes/seal-records.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type CellWorld, cellWorld, classKeyLabel } from '#tests/support/cell/cell-world.ts';
import { TestCell } from '#tests/support/cell/test-cell.ts';
import { type Recording, recordingKind } from '#tests/support/gcode/recording-executor.ts';
import { sealGcode } from '#tests/support/gcode/sealed-gcode.ts';
import { startOfTest } from '#tests/support/marketplace/people.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { readProvisioned, writeProvisioned } from './identity.ts';
import { drinkMixer, type MachineKind } from './machine-kind.ts';

/** A program of some 30 KiB, in nine records. */
const program = Array.from(
  { length: 900 },
  (_, i) => `G1 X${(i * 0.37).toFixed(3)} Y${(200 - i * 0.21).toFixed(3)} E${i} F1800`,
);

interface Machine {
  readonly name: string;
  readonly kind: MachineKind;
  readonly recipe: SealedRecords;
  readonly pieces: number;
  readonly total: number;
}

describe('a machine of either class', () => {
  const stack = new AsyncDisposableStack();
  const { kind: streamer, recording } = recordingKind();
  let world: CellWorld;
  let blank: MemoryDisk;
  let machines: readonly Machine[];

  beforeAll(async () => {
    world = stack.use(await cellWorld('soft'));
    blank = world.disk;
    const sealed = await sealGcode(
      {
        authorName: world.author.name,
        author: world.author.signer,
        classKey: world.token.publicKey(classKeyLabel),
        now: startOfTest,
        entropy: systemEntropy,
        crypto: nodeSealCrypto,
      },
      streamer.machineClass,
      program,
    );
    machines = [
      { name: 'beverage', kind: drinkMixer, recipe: world.drink, pieces: 8, total: 191_500 },
      { name: 'gcode', kind: streamer, recipe: sealed, pieces: 16, total: 40_000 },
    ];
  });
  afterAll(() => stack.disposeAsync());

  /** A cell of that kind with the recipe in its spool and prekeys booked, on a disk of its own. */
  async function ready({ name, kind, recipe }: Machine): Promise<TestCell> {
    world.disk = blank.copy();
    await writeProvisioned(world.disk, { ...(await readProvisioned(world.disk)), machine_class: name });
    const [first, ...rest] = world.config.pumps;
    if (first === undefined) throw new RangeError('a machine with pumps');
    const pumps = name === 'gcode' ? [{ ...first, ingredient: 'pla' }, ...rest] : world.config.pumps;
    const here = { ...world, disk: world.disk, drink: recipe, kind };
    const cell = await TestCell.boot(here, { ...world.config, pumps });
    await cell.upload(recipe.file);
    await cell.sendPrekeys();
    await cell.ask('revocations', { message: await world.market.statusList() });
    return cell;
  }

  const isWiped = (cell: TestCell): boolean =>
    Object.values(cell.parts.buffers).every((bytes: Uint8Array) => bytes.every((byte) => byte === 0));

  it('buys, checks, burns, pours every piece and tells the end, by one and the same code', async () => {
    for (const machine of machines) {
      await using cell = await ready(machine);
      const order = await cell.checked();
      expect(cell.ledger.licences.size).toBe(1);
      const { label } = cell.useOf(order);
      expect(world.token.hasKey(label)).toBe(true);
      await cell.ask('start', { order });
      expect(world.token.hasKey(label), 'burned before the first piece').toBe(false);
      const result = await cell.done(order);
      expect(result, machine.name).toMatchObject({
        result: 'ok',
        pieces: machine.pieces,
        ordered_ul: machine.total,
        void_claim: false,
      });
      expect(isWiped(cell)).toBe(true);
      const { batch, message } = await cell.ask('outcome', { order });
      expect(batch).toEqual(result);
      expect(message.length).toBeGreaterThan(100);
    }
    expect(recording.lines).toEqual(program);
    expect(recording.buffer.every((byte) => byte === 0)).toBe(true);
    expect(world.token.openJobs).toBe(0);
  });

  it('has the piece wiped while its lines are being sent', async () => {
    const machine = machines[1];
    if (machine === undefined) throw new RangeError('two machines');
    await using cell = await ready(machine);
    const seen: boolean[] = [];
    (recording as { onLine: Recording['onLine'] }).onLine = () =>
      void seen.push(cell.parts.buffers.record.every((byte) => byte === 0));
    const order = await cell.checked();
    await cell.ask('start', { order });
    await cell.done(order);
    expect(seen).toHaveLength(program.length);
    expect(seen).not.toContain(false);
  });

  it('keeps no recipe of the other class', async () => {
    for (const [mine, other] of [machines, machines.toReversed()]) {
      if (mine === undefined || other === undefined) continue;
      await using cell = await ready(mine);
      // a drink fits where a program does; a program is larger than any drink
      const code = mine.name === 'gcode' ? 'recipe/wrong-class' : /recipe\/wrong-class|message\/too-large/;
      await expect(cell.upload(other.recipe.file)).rejects.toMatchObject({
        code: expect.stringMatching(code) as string,
      });
      expect(cell.parts.spool.list()).toHaveLength(1);
      // no more room is given than the longest file of its own class takes
      const { maxFileBytes } = mine.kind.machineClass;
      await expect(cell.ask('spool_begin', { size: maxFileBytes + 1 })).rejects.toMatchObject({
        code: 'message/too-large',
      });
      expect((await cell.ask('spool_begin', { size: maxFileBytes })).upload).toHaveLength(16);
    }
  });
});
