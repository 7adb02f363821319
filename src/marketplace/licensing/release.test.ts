import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestJournal, TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';
import { origin } from './follow-journal.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ reissuesPerRelease: 3 });
});
afterAll(() => world[Symbol.asyncDispose]());

const olga = { person: 'Olga Operator', reason: 'card replaced' };
const anchors = () => ({ licensing: [world.identity.ca] });
const releaseIn = (answer: Uint8Array) => openMessage('RELEASE', answer, anchors(), world.clock.now()).payload;
const quarantineIn = (answer: Uint8Array) => openMessage('QUARANTINE', answer, anchors(), world.clock.now()).payload;
const witnessIn = (answer: Uint8Array) => openMessage('WITNESS', answer, anchors(), world.clock.now()).payload;
const refusedFor = (answer: Uint8Array | null) =>
  openMessage('REFUSED', answer ?? expect.fail('a licence follows'), anchors(), world.clock.now()).payload.code;

interface Jailed {
  readonly machine: TestMachine;
  /** The journal of the copy that was found out. */
  readonly copy: TestJournal;
  /** The journal as it went on elsewhere. */
  readonly elsewhere: TestJournal;
  readonly licences: readonly Payload<'LICENCE'>[];
}

/** A machine that has bought `uses`, one licence each, and whose card was then put back to before its last head. */
async function jailed(name: string, uses: number): Promise<Jailed> {
  const machine = new TestMachine(world, await world.enrolled(name));
  await world.credit(machine.person, 100_000);
  await machine.sendPrekeys(uses + 1);
  const elsewhere = new TestJournal().grow(4);
  await machine.sendHead(elsewhere, null);
  const copy = elsewhere.copy();
  const licences: Payload<'LICENCE'>[] = [];
  for (let i = 0; i < uses; i += 1) licences.push(await machine.buy(world.drink));
  await machine.sendHead(elsewhere.grow(3), null);
  quarantineIn(await machine.sendHead(copy.grow(1), null));
  return { machine, copy, elsewhere, licences };
}

/** The machine's licences above `seq`. */
async function licencesAfter(machine: TestMachine, seq: number): Promise<Payload<'LICENCE'>[]> {
  const messages = await world.services.licensing.licencesAfter(machine.name, seq);
  return messages.map((message) => openMessage('LICENCE', message, anchors(), world.clock.now()).payload);
}

describe('RELEASE', () => {
  it('is given to the journal that was in quarantine, with who, why, and where the numbers go on', async () => {
    const { machine, copy } = await jailed('given', 2);
    await world.services.licensing.release('given', olga);
    const answer = await machine.sendHead(copy, null);
    expect(releaseIn(answer)).toMatchObject({ machine: 'given', head: copy.head, epoch: 1, seq: 2, ...olga });
    expect(releaseIn(answer).batch.number).toBe(1);
    expect(await machine.sendHead(copy, null)).toEqual(answer);
  });

  it('is not issued for a machine that is not in quarantine', async () => {
    const machine = new TestMachine(world, await world.enrolled('free'));
    await machine.sendHead(new TestJournal().grow(1), null);
    expect(await refusal(world.services.licensing.release('free', olga))).toBe('machine/not-quarantined');
    expect(await refusal(world.services.licensing.release('never-heard-of', olga))).toBe('machine/not-quarantined');
  });

  it('of two journals under one name ends the quarantine of the one that a person names, and only of that one', async () => {
    const { machine, copy, elsewhere } = await jailed('twin', 1);
    const { licensing } = world.services;
    expect(quarantineIn(await machine.sendHead(elsewhere, null)).seen).toEqual(elsewhere.head);
    expect(await refusal(licensing.release('twin', olga))).toBe('machine/journal-unclear');
    expect(await refusal(licensing.release('twin', { ...olga, head: 'zz' }))).toBe('machine/journal-unclear');
    await licensing.release('twin', { ...olga, head: hex(elsewhere.head.head).slice(0, 8).toUpperCase() });
    expect(quarantineIn(await machine.sendHead(copy, null)).reason).toBe('forked');
    const begun = witnessIn(await machine.begin(await machine.sendHead(elsewhere, null), elsewhere));
    expect(begun.epoch).toBe(1);
    const after = quarantineIn(await machine.sendHead(copy.grow(5), null));
    expect(after).toMatchObject({ reason: 'other-epoch', seen: copy.head });
    expect(witnessIn(await machine.sendHead(elsewhere.grow(1), null, 1)).journal.index).toBe(elsewhere.head.index);
  });

  it('can name a journal that reports again after many others have reported under its name', async () => {
    const { machine, copy } = await jailed('crowd', 0);
    for (let i = 0; i < 20; i += 1) await machine.sendHead(copy.copy().grow(1 + i), null);
    const { administration, licensing } = world.services;
    const journals = async () =>
      (await administration.machines())
        .find((one) => one.machine === 'crowd')
        ?.journals.map(({ head }) => hex(head.head));
    expect(await journals()).toHaveLength(16);
    expect(await journals()).not.toContain(hex(copy.head.head));
    await machine.sendHead(copy, null);
    await licensing.release('crowd', { ...olga, head: hex(copy.head.head) });
    expect(releaseIn(await machine.sendHead(copy, null)).head).toEqual(copy.head);
  });

  it('that was given for the wrong journal can be replaced until a machine has begun the epoch', async () => {
    const { machine, copy, elsewhere } = await jailed('mistaken', 1);
    const { licensing } = world.services;
    await machine.sendHead(elsewhere, null);
    await licensing.release('mistaken', { ...olga, head: hex(copy.head.head) });
    const wrong = await machine.sendHead(copy, null);
    await licensing.release('mistaken', { ...olga, head: hex(elsewhere.head.head) });
    quarantineIn(await machine.begin(wrong, copy));
    const right = await machine.sendHead(elsewhere, null);
    expect(witnessIn(await machine.begin(right, elsewhere)).epoch).toBe(1);
  });

  it('begins an epoch whose journal has to lead on from the head that was released', async () => {
    const { machine, copy } = await jailed('leads-on', 1);
    await world.services.licensing.release('leads-on', olga);
    const release = await machine.sendHead(copy, null);
    const stranger = new TestJournal().grow(copy.head.index + 3);
    quarantineIn(await machine.begin(release, stranger));
    expect(witnessIn(await machine.begin(release, copy)).epoch).toBe(1);
  });

  it('whose first head was countersigned without the machine hearing it goes on all the same', async () => {
    const { machine, copy } = await jailed('unheard', 1);
    await world.services.licensing.release('unheard', olga);
    const release = await machine.sendHead(copy, null);
    const head = copy.head;
    await machine.begin(release, copy);
    const { digest } = openMessage('RELEASE', release, anchors(), world.clock.now());
    const again = { proof: release, released: { release: digest, unspent: [], ended: [] } };
    expect(witnessIn(await machine.sendHead(copy.grow(1), head, 1, again)).journal).toEqual(copy.head);
  });
});

describe('uses that were unspent at a release', () => {
  it('are licensed again to new one-time keys, each once, and no key of the old epoch is used again', async () => {
    const { machine, copy, licences } = await jailed('again', 2);
    await world.services.licensing.release('again', olga);
    await machine.begin(await machine.sendHead(copy, null), copy);
    expect(await licencesAfter(machine, 2)).toEqual([]);
    const old = new Set(licences.flatMap(({ slots }) => slots.map(({ kid }) => hex(kid))));
    await machine.sendPrekeys(4);
    const fresh = await licencesAfter(machine, 2);
    expect(fresh.map(({ reissues }) => hex(reissues?.cti ?? new Uint8Array()))).toEqual(
      licences.map(({ cti }) => hex(cti)),
    );
    for (const { slots, order, replaces, manifest } of fresh) {
      expect([order, replaces, manifest]).toEqual([undefined, undefined, world.drink.manifest]);
      for (const slot of slots) {
        expect(old.has(hex(slot.kid))).toBe(false);
        expect(machine.unwrap(slot)).toHaveLength(32);
      }
    }
    await machine.sendHead(copy.grow(1), null, 1);
    await machine.sendPrekeys(2);
    expect(await licencesAfter(machine, 4)).toEqual([]);
    const [claimed] = licences;
    const claim = await machine.voidClaim(claimed ?? expect.fail('bought'));
    expect(refusedFor(await world.services.licensing.voidClaim('again', claim))).toBe('licence/spent');
  });

  it('are licensed again as one-time keys come, and the money is not asked for twice', async () => {
    const { machine, copy } = await jailed('slowly', 3);
    const before = await world.services.payments.balance('machine:slowly');
    await world.services.licensing.release('slowly', olga);
    await machine.begin(await machine.sendHead(copy, null), copy);
    await machine.sendPrekeys(1);
    expect(await licencesAfter(machine, 3)).toHaveLength(1);
    await machine.sendPrekeys(1);
    expect(await licencesAfter(machine, 3)).toHaveLength(2);
    await machine.sendPrekeys(5);
    expect(await licencesAfter(machine, 3)).toHaveLength(3);
    expect(await world.services.payments.balance('machine:slowly')).toBe(before);
  });

  it('are not licensed again when licensing has their outcome, or the machine says that they are over', async () => {
    const { machine, copy, licences } = await jailed('over', 3);
    const [first, second] = licences;
    if (first === undefined || second === undefined) throw new Error('bought');
    const { licensing } = world.services;
    await licensing.release('over', olga);
    const release = await machine.sendHead(copy, null);
    await machine.begin(release, copy, { ended: [first.slots[0]?.kid ?? new Uint8Array(32)] });
    await licensing.usage('over', await machine.usage(first));
    await licensing.usage('over', await machine.usage(second));
    await machine.sendPrekeys(4);
    expect((await licencesAfter(machine, 3)).map(({ reissues }) => reissues?.cti)).toEqual([licences[2]?.cti]);
  });

  it('are capped apart from claims: what is above the cap waits for a person', async () => {
    const { machine, copy } = await jailed('capped', 5);
    await world.services.licensing.release('capped', olga);
    await machine.begin(await machine.sendHead(copy, null), copy);
    await machine.sendPrekeys(8);
    expect(await licencesAfter(machine, 5)).toHaveLength(3);
    const bought = await machine.buy(world.drink);
    expect(await world.services.licensing.voidClaim('capped', await machine.voidClaim(bought))).toBe(null);
  });

  it('and were poured all the same are told by a USAGE that nobody can book twice', async () => {
    const { machine, copy, licences } = await jailed('poured', 1);
    const [licence] = licences;
    if (licence === undefined) throw new Error('bought');
    const { licensing } = world.services;
    await licensing.release('poured', olga);
    await machine.begin(await machine.sendHead(copy, null), copy);
    const claim = await machine.voidClaim(licence);
    expect(await licensing.voidClaim('poured', claim).catch((error: { code: string }) => error.code)).toBe(
      'licence/prekeys-missing',
    );
    await machine.sendPrekeys(2);
    expect(refusedFor(await licensing.voidClaim('poured', claim))).toBe('licence/spent');
    expect(refusedFor(await licensing.usage('poured', await machine.usage(licence)))).toBe('licence/spent');
    expect(origin.index).toBe(0);
  });
});
