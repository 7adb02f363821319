import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Maker } from '#maker/maker.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { Bench, type ProvisioningWorld, provisioningWorld } from '#tests/support/cell/provisioning-world.ts';
import { WorldClock } from '#tests/support/cell/world-clock.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { openIdentity, readProvisioned } from './identity.ts';
import { auditOf } from './provisioning/audit.ts';
import { takeAnchors } from './provisioning/take-anchors.ts';

const day = 24 * 3600 * 1000;
let world: ProvisioningWorld;
let inService: Bench;
let bench: Bench;
let clock: WorldClock;
/** Lists in their order, each with a new root: versions 2 and 3; and a second maker's version 2. */
let lists: Uint8Array[];
let foreign: Uint8Array;
let roots: Uint8Array[];

beforeAll(async () => {
  world = await provisioningWorld();
  inService = new Bench(world);
  await inService.complete();
  clock = new WorldClock();
  const first = world.maker.root;
  const second = await world.maker.nextAnchors(true);
  const afterSecond = world.maker.root;
  const third = await world.maker.nextAnchors(true, { catalogue: [world.maker.authorRoot] });
  lists = [second, third];
  roots = [first, afterSecond, world.maker.root];
  const token = await world.tokens.make('other maker');
  const other = await Maker.open({ token, disk: new MemoryDisk(), clock, entropy: systemEntropy });
  foreign = await other.nextAnchors(true);
  token[Symbol.dispose]();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  bench = inService.copy();
  clock = new WorldClock();
});

const take = (list: Uint8Array) => takeAnchors(list, { disk: bench.disk, clock, who: 'ada' });
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const believed = async () => openIdentity(await readProvisioned(bench.disk), bench.token, clock).anchors;
const halves = (list: Uint8Array): [Uint8Array, Uint8Array] => decodeCbor(list, 1 << 20) as [Uint8Array, Uint8Array];
const list = (i: number): Uint8Array => lists[i] ?? expect.fail();

describe('a new list of whom to believe', () => {
  it('is taken when the old root and the new one have signed it; both hold for ninety days', async () => {
    expect((await take(list(0))).anchors_version).toBe(2);
    expect((await believed()).maker).toEqual([roots[1], roots[0]]);
    clock.leap(89 * day);
    expect((await believed())['class-key']).toEqual([roots[1], roots[0]]);
    clock.leap(2 * day);
    expect((await believed()).maker).toEqual([roots[1]]);
  });

  it('replaces the roles that it names, and no others', async () => {
    await take(list(0));
    expect((await believed()).author).toEqual([world.maker.authorRoot, world.maker.authorRoot]);
    await take(list(1));
    const anchors = await believed();
    expect(anchors.catalogue).toEqual([world.maker.authorRoot]);
    expect(anchors.maker).toEqual([roots[2], roots[1], roots[0]]);
    expect(anchors.licensing).toEqual([]);
  });

  it('is written into the audit record before and after', async () => {
    await take(list(0));
    const noted = (await auditOf(bench.disk)).lines.filter(({ event }) => event.t === 'noted');
    expect(noted.map(({ facts }) => facts)).toEqual([
      { version: 2, taken: false },
      { version: 2, taken: true },
    ]);
  });

  it('is refused out of its order', async () => {
    expect(await code(take(list(1)))).toBe('message/not-authentic');
    await take(list(0));
    expect(await code(take(list(0)))).toBe('message/not-authentic');
    const sameRoot = await world.maker.nextAnchors(false);
    await take(list(1));
    await take(sameRoot);
    expect(await code(take(sameRoot))).toBe('provision/anchors-stale');
    const skipped = [await world.maker.nextAnchors(false), await world.maker.nextAnchors(false)];
    expect(await code(take(skipped[1] ?? expect.fail()))).toBe('provision/anchors-stale');
  });

  it('is refused when one of the two has not signed it, or another maker has', async () => {
    const [old, fresh] = halves(list(0));
    const [oldOfThird, freshOfThird] = halves(list(1));
    for (const forged of [
      [old, old],
      [fresh, fresh],
      [fresh, old],
      [old, freshOfThird],
      [oldOfThird, fresh],
    ]) {
      expect(await code(take(encodeCbor(forged)))).toBe('message/not-authentic');
    }
    expect(await code(take(foreign))).toBe('message/not-authentic');
    expect(await code(take(encodeCbor([old])))).toBe('message/malformed');
    expect(await code(take(encodeCbor([old, 'text'])))).toBe('message/malformed');
    expect((await readProvisioned(bench.disk)).anchors_version).toBeUndefined();
  });

  it('cannot be named by a root that was given up, although it still holds', async () => {
    await take(list(0));
    expect((await believed()).maker).toContainEqual(roots[0]);
    const [oldSigned] = halves(list(0));
    expect(await code(take(encodeCbor([oldSigned, oldSigned])))).toBe('message/not-authentic');
  });
});
