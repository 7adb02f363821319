import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestJournal, TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import { openMessage } from '#wire/signed-message.ts';
import type { Head } from './standing.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const machineNamed = async (name: string): Promise<TestMachine> => new TestMachine(world, await world.enrolled(name));
const anchors = () => ({ licensing: [world.identity.ca] });
const witnessed = (answer: Uint8Array): Head =>
  openMessage('WITNESS', answer, anchors(), world.clock.now()).payload.journal;
const quarantined = (answer: Uint8Array) => openMessage('QUARANTINE', answer, anchors(), world.clock.now()).payload;

describe('journal heads', () => {
  it('countersigns a journal that grows, from the first head on', async () => {
    const machine = await machineNamed('grows');
    const journal = new TestJournal().grow(3);
    const first = witnessed(await machine.sendHead(journal, null));
    expect(first).toEqual(journal.head);
    journal.grow(5);
    expect(witnessed(await machine.sendHead(journal, first)).index).toBe(8);
    expect(witnessed(await machine.sendHead(journal, journal.head)).index).toBe(8);
  });

  it('gives an equal HEAD the equal answer', async () => {
    const machine = await machineNamed('repeats');
    const head = await machine.head(new TestJournal().grow(2), null);
    const first = await world.services.licensing.head('repeats', head);
    expect(await world.services.licensing.head('repeats', head)).toEqual(first);
  });

  it('goes on honestly after a WITNESS was lost on the way', async () => {
    const machine = await machineNamed('unlucky');
    const journal = new TestJournal().grow(4);
    const known = witnessed(await machine.sendHead(journal, null));
    journal.grow(2);
    await machine.sendHead(journal, known);
    journal.grow(3);
    expect(witnessed(await machine.sendHead(journal, known)).index).toBe(9);
  });

  it('quarantines a machine whose card was restored, whatever it sends then', async () => {
    const machine = await machineNamed('restored');
    const journal = new TestJournal().grow(4);
    const known = witnessed(await machine.sendHead(journal, null));
    const card = journal.copy();
    await machine.sendHead(journal.grow(3), known);
    const remembered = journal.head;
    const answer = quarantined(await machine.sendHead(card.grow(9), known));
    expect(answer).toMatchObject({ machine: 'restored', seen: card.head, remembered, reason: 'forked' });
    expect(quarantined(await machine.sendHead(journal.grow(1), remembered)).reason).toBe('forked');
  });

  it('quarantines an older head and a head that starts where licensing never was', async () => {
    const older = await machineNamed('older');
    const journal = new TestJournal().grow(4);
    const card = journal.copy();
    await older.sendHead(journal.grow(1), null);
    expect(quarantined(await older.sendHead(card, null)).reason).toBe('forked');
    const stranger = await machineNamed('stranger');
    await stranger.sendHead(new TestJournal().grow(2), null);
    const elsewhere = new TestJournal().grow(2);
    const start = elsewhere.head;
    expect(quarantined(await stranger.sendHead(elsewhere.grow(1), start)).reason).toBe('unknown-start');
  });

  it('sells nothing to a quarantined machine, and sells again after a release', async () => {
    const { services, drink } = world;
    const machine = await machineNamed('jailed');
    await machine.sendPrekeys(2);
    await world.credit(machine.person, 10_000);
    const licence = await machine.buy(drink);
    const order = await machine.order(await machine.offer(drink));
    await machine.sendHead(new TestJournal().grow(3), null);
    const journal = new TestJournal().grow(3);
    quarantined(await machine.sendHead(journal, null));
    const { licensing } = services;
    expect(await refusal(machine.offer(drink))).toBe('machine/quarantined');
    expect(await refusal(licensing.order('jailed', order))).toBe('machine/quarantined');
    expect(await refusal(licensing.licencesAfter('jailed', 0))).toBe('machine/quarantined');
    expect(await refusal(licensing.usage('jailed', await machine.usage(licence)))).toBe('machine/quarantined');
    const prekeys = await machine.prekeys(1);
    expect(await refusal(licensing.prekeys('jailed', prekeys))).toBe('machine/quarantined');
    await licensing.release('jailed', { person: 'Tina Technician', reason: 'card replaced' });
    expect(await refusal(licensing.order('jailed', order))).toBe('machine/quarantined');
    await machine.begin(await machine.sendHead(journal, null), journal);
    expect(await refusal(licensing.order('jailed', order))).toBe('licence/prekeys-missing');
    await licensing.prekeys('jailed', await machine.prekeys(2));
    expect((await licensing.order('jailed', order)).seq).toBe(3);
    const fresh = new TestJournal().grow(1);
    expect(quarantined(await machine.sendHead(fresh, null, 0)).reason).toBe('other-epoch');
    expect((await licensing.licencesAfter('jailed', 2)).length).toBe(1);
  });
});
