import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { hex } from '#shared/entropy.ts';
import { copyDatabase } from '#tests/support/marketplace/database-copy.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestJournal, TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import type { Head } from './standing.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const anchors = () => ({ licensing: [world.identity.ca] });
const witnessIn = (answer: Uint8Array) => openMessage('WITNESS', answer, anchors(), world.clock.now()).payload;
const quarantineIn = (answer: Uint8Array) => openMessage('QUARANTINE', answer, anchors(), world.clock.now()).payload;

/** A machine's side of what was said: its journal, licensing's last word, its licences. */
class Told {
  readonly machine: TestMachine;
  readonly journal = new TestJournal().grow(3);
  proof: Uint8Array | null = null;
  since: Head | null = null;
  licences: { readonly licence: Payload<'LICENCE'>; readonly bytes: Uint8Array }[] = [];
  constructor(machine: TestMachine) {
    this.machine = machine;
  }

  static async open(name: string): Promise<Told> {
    const machine = new TestMachine(world, await world.enrolled(name));
    await world.credit(machine.person, 50_000);
    await machine.sendPrekeys(6);
    return new Told(machine);
  }

  get lastSeq(): number {
    return this.licences.at(-1)?.licence.seq ?? 0;
  }

  /** One HEAD, whose answer is kept as a cell keeps it. */
  async sync(changes: Partial<Payload<'HEAD'>> = {}): Promise<Uint8Array> {
    const told = { proof: this.proof, last_seq: this.lastSeq, ...changes };
    const answer = await this.machine.sendHead(this.journal.grow(1), this.since, 0, told);
    return answer;
  }

  /** The same, countersigned. */
  async witnessed(changes: Partial<Payload<'HEAD'>> = {}): Promise<Payload<'WITNESS'>> {
    const answer = await this.sync(changes);
    const witness = witnessIn(answer);
    this.proof = answer;
    this.since = witness.journal;
    return witness;
  }

  async buy(): Promise<Payload<'LICENCE'>> {
    const licence = await this.machine.buy(world.drink);
    const [bytes] = await world.services.licensing.licencesAfter(this.machine.name, licence.seq - 1);
    this.licences.push({ licence, bytes: bytes ?? new Uint8Array(0) });
    return licence;
  }
}

describe('a marketplace whose database was put back from a copy', () => {
  it('recognises its own WITNESS, learns from it, and does not lock the machine', async () => {
    const told = await Told.open('honest');
    await told.witnessed();
    const copy = await copyDatabase(world.database);
    const before = told.journal.head.index;
    await told.buy();
    await told.buy();
    const latest = await told.witnessed();
    expect(latest).toMatchObject({ seq: 2, tell_again: null });
    await copy.restore();
    const again = await told.witnessed();
    expect(again).toMatchObject({ seq: 2, journal: told.journal.head });
    expect(again.tell_again).toEqual({ since: before, recovered: world.clock.now() });
    expect(again.batch).toEqual(latest.batch);
    expect((await told.witnessed({ told_again: world.clock.now() })).tell_again).toBe(null);
  });

  it('goes on with numbers above what the machine has, though it was witnessed for less', async () => {
    const told = await Told.open('ahead');
    const copy = await copyDatabase(world.database);
    await told.buy();
    await told.witnessed();
    await told.buy();
    await told.buy();
    await copy.restore();
    await told.witnessed();
    expect(await refusal(told.buy())).toBe('licence/prekeys-missing');
    await told.machine.sendPrekeys(2);
    expect((await told.buy()).seq).toBe(4);
  });

  it('is told again what it had issued and booked, and each repeat is the same', async () => {
    const told = await Told.open('tells');
    await told.witnessed();
    const copy = await copyDatabase(world.database);
    const [first, second] = [await told.buy(), await told.buy()];
    const usage = await told.machine.usage(first);
    const { licensing } = world.services;
    await licensing.usage('tells', usage);
    const claim = await told.machine.voidClaim(second);
    expect(await licensing.voidClaim('tells', claim)).toBe(null);
    const replacing = await told.machine.licence(3);
    const [bytes] = await licensing.licencesAfter('tells', 2);
    told.licences.push({ licence: replacing, bytes: bytes ?? new Uint8Array(0) });
    await told.witnessed();
    await copy.restore();
    await told.witnessed();
    expect(await refusal(licensing.usage('tells', usage))).toBe('licence/none');
    for (let i = 0; i < 2; i += 1) {
      for (const licence of told.licences) await licensing.recover('tells', licence.bytes);
      const receipt = await licensing.usage('tells', usage);
      expect(openMessage('USAGE_RECEIPT', receipt, anchors(), world.clock.now()).payload.cti).toEqual(first.cti);
      expect(await licensing.voidClaim('tells', claim)).toBe(null);
    }
    const known = await licensing.licencesAfter('tells', 0);
    expect(known.map((message) => hex(message))).toEqual(told.licences.map(({ bytes: one }) => hex(one)));
  });

  it('takes no licence back that it did not sign, of another machine, or of a number that it never reached', async () => {
    const told = await Told.open('forger');
    const other = await Told.open('bystander');
    const { licensing } = world.services;
    const licence = await told.buy();
    const [bytes] = await licensing.licencesAfter('forger', 0);
    if (bytes === undefined) throw new Error('bought');
    expect(await refusal(licensing.recover('bystander', bytes))).toBe('message/not-authentic');
    const bent = bytes.slice();
    bent[bent.length - 1] = (bent.at(-1) ?? 0) ^ 1;
    expect(await refusal(licensing.recover('forger', bent))).toBe('message/not-authentic');
    const signer = await world.identity.signer('licensing');
    const later = await sealMessage('LICENCE', { ...licence, seq: 9, cti: systemEntropy.bytes(16) }, signer);
    expect(await refusal(licensing.recover('forger', later))).toBe('licence/none');
    const twin = await sealMessage('LICENCE', { ...licence, cti: systemEntropy.bytes(16) }, signer);
    expect(await refusal(licensing.recover('forger', twin))).toBe('licence/forked');
    await licensing.recover('forger', bytes);
    expect(other.lastSeq).toBe(0);
  });

  it('believes no proof that is older than what it knows, of another machine, or that it did not sign', async () => {
    const told = await Told.open('liar');
    await told.witnessed();
    const card = told.journal.copy();
    const { proof, since } = told;
    await told.witnessed();
    const other = await Told.open('accomplice');
    await other.witnessed();
    await other.witnessed();
    await other.witnessed();
    const forged = await sealMessage(
      'WITNESS',
      { ...witnessIn(told.proof ?? new Uint8Array(0)), journal: card.copy().grow(3).head },
      await world.identity.signer('catalogue'),
    );
    for (const shown of [proof, other.proof, forged, new Uint8Array(9)]) {
      const answer = await told.machine.sendHead(card.copy().grow(3), since, 0, { proof: shown });
      expect(quarantineIn(answer).reason).toBe('forked');
    }
  });

  it('still finds out a rolled-back card that shows an honest old proof', async () => {
    const told = await Told.open('rolled');
    await told.witnessed();
    const card = told.journal.copy();
    const { proof, since } = told;
    const copy = await copyDatabase(world.database);
    await told.witnessed();
    await told.witnessed();
    await copy.restore();
    const restored = await told.witnessed();
    expect(restored.tell_again).not.toBe(null);
    expect(quarantineIn(await told.machine.sendHead(card.grow(2), since, 0, { proof })).reason).toBe('forked');
  });

  it('that has lost a RELEASE knows it again by its own signature', async () => {
    const told = await Told.open('forgotten-release');
    await told.witnessed();
    const since = told.since;
    const copy = await copyDatabase(world.database);
    const card = told.journal.copy();
    await told.witnessed();
    quarantineIn(await told.machine.sendHead(card.grow(2), since));
    await world.services.licensing.release('forgotten-release', { person: 'Olga', reason: 'card' });
    const release = await told.machine.sendHead(card, since);
    await copy.restore();
    const begun = witnessIn(await told.machine.begin(release, card));
    expect(begun).toMatchObject({ epoch: 1, journal: card.head });
    expect(witnessIn(await told.machine.sendHead(card.grow(1), begun.journal, 1)).epoch).toBe(1);
  });

  it('learns a later epoch by a WITNESS of it', async () => {
    const told = await Told.open('later');
    await told.witnessed();
    const since = told.since;
    const card = told.journal.copy();
    const copy = await copyDatabase(world.database);
    await told.witnessed();
    quarantineIn(await told.machine.sendHead(card.grow(2), since));
    await world.services.licensing.release('later', { person: 'Olga', reason: 'card' });
    const proof = await told.machine.begin(await told.machine.sendHead(card, since), card);
    const { journal } = witnessIn(proof);
    await copy.restore();
    const again = witnessIn(await told.machine.sendHead(card.grow(2), journal, 1, { proof }));
    expect(again).toMatchObject({ epoch: 1, journal: card.head });
    expect(again.tell_again).not.toBe(null);
  });
});
