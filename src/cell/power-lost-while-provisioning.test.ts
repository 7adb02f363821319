import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type ProvisioningWorld, provisioningWorld } from '#tests/support/cell/provisioning-world.ts';
import { sameBytes } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { parseCertificate, spkiOf } from '#wire/certificate-chain.ts';
import { sha256 } from '#wire/signed-message.ts';
import { readProvisioned } from './identity.ts';
import { provision } from './provision.ts';
import { auditOf } from './provisioning/audit.ts';
import { nextStep } from './provisioning/sequence.ts';

let world: ProvisioningWorld;
let expectedKey: Uint8Array;

beforeAll(async () => {
  world = await provisioningWorld();
  const certificate = await world.maker.classKey('demo-mixer', 1);
  expectedKey = sha256(readClassKey([certificate], world.maker.anchors, systemClock.now()).spki);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Process after process until the power goes; answers how many changes there were. */
const untilCut = (bench: Bench, at: number): Promise<number> =>
  bench.cutAfter(at, () => bench.complete(() => once(bench)));

/** What holds whenever somebody could start the cell: what it is told to use is there, whole. */
async function nothingHalfMadeIsUsed(bench: Bench): Promise<void> {
  if (!bench.disk.paths.includes('provisioned.cbor')) return;
  const { identity, class_keys } = await readProvisioned(bench.disk);
  const leaf = parseCertificate(identity.chain[0] ?? new Uint8Array(0));
  expect(sameBytes(spkiOf(leaf.publicKey), bench.token.publicKey('identity'))).toBe(true);
  for (const { label, digest } of class_keys) expect(sha256(bench.token.publicKey(label))).toEqual(digest);
}

const plan = () => ({ ...world.plan, prekeys: { bits: 2048, count: 1 } as const });
const once = (bench: Bench) => provision(plan(), bench.ports, bench.letters);

async function isWhole(bench: Bench): Promise<void> {
  const labels = bench.token.objects().map(({ label }) => label.replace(/^prekey-.*/, 'prekey'));
  expect(labels.toSorted()).toEqual(['class-demo-mixer-1', 'identity', 'prekey', 'state']);
  const { class_keys } = await readProvisioned(bench.disk);
  expect(class_keys).toEqual([{ epoch: 1, label: 'class-demo-mixer-1', digest: expectedKey }]);
  await nothingHalfMadeIsUsed(bench);
  const { progress } = await auditOf(bench.disk);
  expect(progress === null ? null : nextStep(progress)).toBeNull();
}

describe('power lost while a machine is provisioned', () => {
  it('is survived wherever it happens: the next start goes on, to the same end, and no transport key stays', async () => {
    const points = await untilCut(new Bench(world), Number.POSITIVE_INFINITY);
    expect(points).toBeGreaterThan(60);
    // every third; tests/slow kills real processes
    for (let at = 0; at < points; at += 3) {
      const bench = new Bench(world);
      await untilCut(bench, at);
      // every other time what was not synced is gone too
      bench.disk = at % 2 === 0 ? bench.disk.copy() : bench.disk.afterPowerCut();
      await nothingHalfMadeIsUsed(bench);
      await bench.complete(() => once(bench));
      await isWhole(bench);
    }
  });

  it('is survived when it goes again and again, each time a little later', async () => {
    const bench = new Bench(world);
    for (let at = 0; ; at += 1) {
      const count = await untilCut(bench, at);
      bench.disk = bench.disk.afterPowerCut();
      await nothingHalfMadeIsUsed(bench);
      if (count <= at) break;
    }
    await isWhole(bench);
  });
});
