import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ reissuesPerDay: 2, freePieces: 1 });
});
afterAll(() => world[Symbol.asyncDispose]());

async function buyer(name: string, prekeys = 6): Promise<TestMachine> {
  const machine = new TestMachine(world, await world.enrolled(name));
  await machine.sendPrekeys(prekeys);
  await world.credit(machine.person, 10_000);
  return machine;
}

const anchors = () => ({ licensing: [world.identity.ca] });
const refusedFor = (answer: Uint8Array | null): string => {
  if (answer === null) return 'granted';
  return openMessage('REFUSED', answer, anchors(), world.clock.now()).payload.code;
};

describe('what became of a use', () => {
  it('books a usage, gives the receipt again for the same bytes, and refuses other bytes', async () => {
    const { licensing } = world.services;
    const machine = await buyer('user');
    const licence = await machine.buy(world.drink);
    const usage = await machine.usage(licence);
    const answer = await licensing.usage('user', usage);
    const receipt = openMessage('USAGE_RECEIPT', answer, anchors(), world.clock.now()).payload;
    expect(receipt).toMatchObject({ machine: 'user', usage: sha256(usage), cti: licence.cti });
    expect(await licensing.usage('user', usage)).toEqual(answer);
    const other = await machine.usage(licence, { delivered_ul: 1 });
    expect(refusedFor(await licensing.usage('user', other))).toBe('licence/spent');
    expect(refusedFor(await licensing.voidClaim('user', await machine.voidClaim(licence)))).toBe('licence/spent');
  });

  it('refuses a usage for a licence of another machine', async () => {
    const [a, b] = [await buyer('honest'), await buyer('thief')];
    const licence = await a.buy(world.drink);
    await b.buy(world.drink);
    expect(await refusal(world.services.licensing.usage('thief', await b.usage(licence)))).toBe('licence/none');
  });

  it('re-issues a use that was burned for nothing: a new licence that names the claim, at no charge', async () => {
    const { licensing, payments } = world.services;
    const machine = await buyer('unlucky');
    const licence = await machine.buy(world.drink);
    const before = await payments.balance('machine:unlucky');
    const claim = await machine.voidClaim(licence);
    expect(await licensing.voidClaim('unlucky', claim)).toBe(null);
    expect(await licensing.voidClaim('unlucky', claim)).toBe(null);
    const again = await machine.licence(2);
    expect(again).toMatchObject({ seq: 2, replaces: sha256(claim), terms: licence.terms });
    expect(again.order).toBe(undefined);
    expect(again.slots).toHaveLength(1);
    expect(await licensing.licencesAfter('unlucky', 2)).toEqual([]);
    expect(await payments.balance('machine:unlucky')).toBe(before);
    expect(refusedFor(await licensing.usage('unlucky', await machine.usage(licence)))).toBe('licence/spent');
  });

  it('re-issues at most so many uses a day, and again a day later', async () => {
    const { licensing } = world.services;
    const machine = await buyer('clumsy', 8);
    const licences = [];
    for (let i = 0; i < 4; i += 1) licences.push(await machine.buy(world.drink));
    const answers: string[] = [];
    for (const licence of licences.slice(0, 3)) {
      answers.push(refusedFor(await licensing.voidClaim('clumsy', await machine.voidClaim(licence))));
    }
    expect(answers).toEqual(['granted', 'granted', 'licence/claims-capped']);
    await world.clock.advance(24 * 3600 * 1000);
    const [, , , last] = licences;
    expect(last && refusedFor(await licensing.voidClaim('clumsy', await machine.voidClaim(last)))).toBe('granted');
  });

  it('leaves a refused claim to a person, whose word brings one licence and changes no answer', async () => {
    const { licensing } = world.services;
    const machine = await buyer('spilled');
    const licence = await machine.buy(world.drink);
    const claim = await machine.voidClaim(licence, { pieces: 2 });
    const refused = await licensing.voidClaim('spilled', claim);
    expect(refusedFor(refused)).toBe('licence/claim-refused');
    const [waiting] = (await licensing.refusedClaims()).filter((one) => one.machine === 'spilled');
    expect(waiting).toMatchObject({ cti: licence.cti, code: 'licence/claim-refused' });
    const grant = {
      machine: 'spilled',
      kid: hex(waiting?.kid ?? new Uint8Array(0)).slice(0, 8),
      person: 'Ada',
      reason: 'seen',
    };
    expect(await refusal(licensing.grantClaim({ ...grant, kid: 'ffff' }))).toBe('licence/none');
    expect(await licensing.grantClaim(grant)).toBe(2);
    expect(await machine.licence(2)).toMatchObject({ replaces: sha256(claim), recipe: licence.recipe });
    expect(await refusal(licensing.grantClaim(grant))).toBe('licence/none');
    expect(await licensing.voidClaim('spilled', claim)).toEqual(refused);
    expect((await licensing.refusedClaims()).filter((one) => one.machine === 'spilled')).toEqual([]);
  });

  it('refuses a claim for a drink of which too many pieces had begun', async () => {
    const machine = await buyer('thirsty');
    const licence = await machine.buy(world.drink);
    const claim = await machine.voidClaim(licence, { pieces: 2 });
    expect(refusedFor(await world.services.licensing.voidClaim('thirsty', claim))).toBe('licence/claim-refused');
  });

  it('keeps a claim open while there is no prekey for its licence', async () => {
    const { licensing } = world.services;
    const machine = await buyer('empty', 1);
    const claim = await machine.voidClaim(await machine.buy(world.drink));
    expect(await refusal(licensing.voidClaim('empty', claim))).toBe('licence/prekeys-missing');
    await machine.sendPrekeys(1);
    expect(await licensing.voidClaim('empty', claim)).toBe(null);
  });
});

describe('acknowledgements', () => {
  it('books the ACK of a licence, again without change, and refuses one that was never issued', async () => {
    const { licensing } = world.services;
    const machine = await buyer('polite');
    const { cti, seq } = await machine.buy(world.drink);
    const journal = { index: 1, head: new Uint8Array(32) };
    const ack = await machine.seal('ACK', { machine: 'polite', cti, seq, journal });
    await licensing.acknowledge('polite', ack);
    await licensing.acknowledge('polite', ack);
    const wrong = await machine.seal('ACK', { machine: 'polite', cti, seq: 2, journal });
    expect(await refusal(licensing.acknowledge('polite', wrong))).toBe('licence/none');
  });
});

describe('prekeys', () => {
  it('takes a batch that is sent twice once', async () => {
    const { licensing } = world.services;
    const machine = new TestMachine(world, await world.enrolled('keys-twice'));
    const batch = await machine.prekeys(2);
    await licensing.prekeys('keys-twice', batch);
    await licensing.prekeys('keys-twice', batch);
    await machine.sendPrekeys(1);
    expect(await refusal(licensing.prekeys('keys-twice', batch))).toBe('marketplace/duplicate');
  });

  it('refuses a batch that skips one, one that does not follow the last, and another under a used number', async () => {
    const { licensing } = world.services;
    const machine = new TestMachine(world, await world.enrolled('keys-odd'));
    expect(await refusal(licensing.prekeys('keys-odd', await machine.prekeys(1, { batch: 2 })))).toBe('licence/gap');
    const fresh = new TestMachine(world, machine.person);
    await fresh.sendPrekeys(1);
    const unlinked = await fresh.prekeys(1, { previous: new Uint8Array(32) });
    expect(await refusal(licensing.prekeys('keys-odd', unlinked))).toBe('marketplace/duplicate');
    const clone = new TestMachine(world, machine.person);
    expect(await refusal(licensing.prekeys('keys-odd', await clone.prekeys(1)))).toBe('marketplace/duplicate');
  });

  it('refuses a key id that is not the digest of its key, a known key, and more than the pool holds', async () => {
    const { licensing } = world.services;
    const machine = new TestMachine(world, await world.enrolled('keys-bad'));
    const kid = new Uint8Array(32);
    const lying = await machine.prekeys(1, { keys: [{ kid, spki: world.author.spki }] });
    expect(await refusal(licensing.prekeys('keys-bad', lying))).toBe('message/malformed');
    const other = new TestMachine(world, await world.enrolled('keys-pool'));
    await other.sendPrekeys(30);
    await other.sendPrekeys(30);
    expect(await refusal(other.sendPrekeys(5))).toBe('marketplace/refused');
  }, 120_000);
});
