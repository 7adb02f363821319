import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/node/system-clock.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { Bench, type ProvisioningWorld, provisioningWorld } from '#tests/support/cell/provisioning-world.ts';
import { sha256 } from '#wire/signed-message.ts';
import { readProvisioned } from './identity.ts';
import { requireRoomFor, withEpoch } from './provisioning/epochs.ts';
import { auditOf } from './provisioning/audit.ts';
import { isDone } from './provisioning/sequence.ts';

let world: ProvisioningWorld;
/** A machine that holds epoch 1, to be copied. */
let atOne: Bench;
let bench: Bench;

beforeAll(async () => {
  world = await provisioningWorld();
  atOne = new Bench(world);
  await atOne.complete();
  for (const _ of [2, 3]) await world.maker.classKeys.rotate('demo-mixer');
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  bench = atOne.copy();
});

const take = (epoch: number): Promise<void> => bench.complete(() => bench.epochOnce(), epoch);
const held = async (): Promise<number[]> => (await readProvisioned(bench.disk)).class_keys.map(({ epoch }) => epoch);
const digestOf = async (epoch: number): Promise<Uint8Array> => {
  const certificate = await world.maker.classKey('demo-mixer', epoch);
  return sha256(readClassKey([certificate], world.maker.anchors, systemClock.now()).spki);
};
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );

describe('a further epoch of the class key', () => {
  it('comes beside those that are held, newest first, each with its digest', async () => {
    await take(2);
    expect(await held()).toEqual([2, 1]);
    const { class_keys } = await readProvisioned(bench.disk);
    expect(class_keys[0]?.digest).toEqual(await digestOf(2));
    expect(class_keys[1]?.digest).toEqual(await digestOf(1));
    expect(bench.token.listKeys('class-')).toEqual(['class-demo-mixer-1', 'class-demo-mixer-2']);
    expect(bench.token.hasKey('transport')).toBe(false);
  });

  it('is refused when it is held already, and nothing is lost', async () => {
    expect(await refusal(take(1))).toBe('provision/epoch-held');
    expect(await held()).toEqual([1]);
    expect(bench.token.listKeys('class-')).toEqual(['class-demo-mixer-1']);
    bench.letters.answers.clear();
    await take(2);
    expect(await held()).toEqual([2, 1]);
  });

  it('may be asked for again; an answer to the request before is then refused', async () => {
    await bench.epochOnce();
    await bench.letters.answer(world.maker, world.plan, 'class-key', 2);
    const stale = bench.letters.answers.get('class-key') ?? new Uint8Array(0);
    await bench.epochOnce(true);
    bench.letters.answers.set('class-key', stale);
    expect(await refusal(bench.epochOnce())).toBe('message/not-authentic');
    bench.letters.answers.clear();
    await take(2);
    expect(await held()).toEqual([2, 1]);
  });
});

describe('three epochs', () => {
  it('are held at most: with the fourth the oldest is destroyed, and remembered by its digest', async () => {
    for (const epoch of [2, 3]) await take(epoch);
    expect(await held()).toEqual([3, 2, 1]);
    const first = await digestOf(1);
    await world.maker.classKeys.rotate('demo-mixer');
    await take(4);
    expect(await held()).toEqual([4, 3, 2]);
    expect(bench.token.listKeys('class-')).toEqual([2, 3, 4].map((epoch) => `class-demo-mixer-${epoch}`));
    expect((await readProvisioned(bench.disk)).retired).toEqual([{ epoch: 1, digest: first }]);
  });

  it('leave no room for an older one', () => {
    const key = (epoch: number) => ({ epoch, label: `class-demo-mixer-${epoch}`, digest: new Uint8Array(32) });
    const code = (epoch: number, ...others: number[]): string | null => {
      try {
        requireRoomFor(epoch, others.map(key));
        return null;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(1, 4, 3, 2)).toBe('provision/epoch-too-old');
    expect(code(1, 4, 3)).toBeNull();
    expect(code(3, 4, 3)).toBe('provision/epoch-held');
    const { kept, out } = withEpoch([key(5), key(3), key(2)], key(4));
    expect([kept, out].map((list) => list.map(({ epoch }) => epoch))).toEqual([[5, 4, 3], [2]]);
  });
});

describe('power lost while a further epoch is taken', () => {
  it('leaves the machine, wherever it happens, with the epochs it had or the new one, and goes on', async () => {
    const start = atOne.copy();
    await start.complete(() => start.epochOnce(), 2);
    const points = async (at: number) => {
      bench = start.copy();
      const count = await bench.cutAfter(at, () => bench.complete(() => bench.epochOnce(), 3));
      bench.disk = at % 4 === 0 ? bench.disk.copy() : bench.disk.afterPowerCut();
      return count;
    };
    const all = await points(Number.POSITIVE_INFINITY);
    expect(all).toBeGreaterThan(20);
    for (let at = 0; at < all; at += 2) {
      await points(at);
      for (const { label, digest } of (await readProvisioned(bench.disk)).class_keys) {
        expect(sha256(bench.token.publicKey(label))).toEqual(digest);
      }
      expect([[2, 1].join(), [3, 2, 1].join()]).toContain((await held()).join());
      const { progress } = await auditOf(bench.disk);
      const whole = progress?.sequence === 'epoch' && isDone(progress, 'read-back') && (await held()).length === 3;
      if (!whole) await take(3);
      expect(await held()).toEqual([3, 2, 1]);
      expect(bench.token.listKeys('')).toEqual([
        'class-demo-mixer-1',
        'class-demo-mixer-2',
        'class-demo-mixer-3',
        'identity',
      ]);
    }
  });
});
