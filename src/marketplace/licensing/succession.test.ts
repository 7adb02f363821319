import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { paperMachine } from '#tests/support/marketplace/people.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestJournal, TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { depositOf, sealTheDrink, type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';
import { defaultPolicy } from './ports.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld({ reissuesAfterLoss: 2 });
});
afterAll(() => world[Symbol.asyncDispose]());

const people = { operator: 'Olga Operator', technician: 'Tina Technician', reason: 'token dead' };

/** A machine that has bought so many uses, one licence each. */
async function machineWith(name: string, uses: number): Promise<[TestMachine, Payload<'LICENCE'>[]]> {
  const machine = new TestMachine(world, await world.enrolled(name));
  await world.credit(machine.person, 20_000);
  await machine.sendPrekeys(Math.max(1, uses));
  await machine.sendHead(new TestJournal().grow(2), null);
  const licences: Payload<'LICENCE'>[] = [];
  for (let i = 0; i < uses; i += 1) licences.push(await machine.buy(world.drink));
  return [machine, licences];
}

async function heir(name: string, profile: 'H' | 'S' = 'H'): Promise<TestMachine> {
  return new TestMachine(world, await world.enrolled(name, profile));
}

async function licencesOf(machine: TestMachine): Promise<Payload<'LICENCE'>[]> {
  const anchors = { licensing: [world.identity.ca] };
  const messages = await world.services.licensing.licencesAfter(machine.name, 0);
  return messages.map((message) => openMessage('LICENCE', message, anchors, world.clock.now()).payload);
}

const balance = (name: string) => world.services.payments.balance(`machine:${name}`);

describe('a machine that was decommissioned', () => {
  it('leaves its unspent uses and what is on its account to the machine that follows it', async () => {
    const [old, licences] = await machineWith('old', 3);
    const [spent] = licences;
    if (spent === undefined) throw new Error('bought');
    const { administration, licensing } = world.services;
    await licensing.usage('old', await old.usage(spent));
    const farewell = await old.decommission({ unspent: licences.slice(1).map(({ cti, slots }) => useOf(cti, slots)) });
    const estate = await administration.decommission(farewell);
    expect(estate).toMatchObject({ machine: 'old', uses: 2, due: world.clock.now() });
    const left = await balance('old');
    expect(left).toBeGreaterThan(0n);
    const next = await heir('next');
    expect(await administration.succeed('old', 'next')).toEqual(estate);
    expect([await balance('old'), await balance('next')]).toEqual([0n, left]);
    await next.sendPrekeys(3);
    const fresh = await licencesOf(next);
    expect(fresh.map(({ sub, reissues }) => [sub, hex(reissues?.cti ?? new Uint8Array())])).toEqual(
      licences.slice(1).map(({ cti }) => ['next', hex(cti)]),
    );
    for (const { slots } of fresh) expect(slots.map((slot) => next.unwrap(slot).length)).toEqual([32]);
    expect(await balance('next')).toBe(left);
  });

  it('is never sold to, heard or enrolled again, and its id is not used again', async () => {
    const [old] = await machineWith('gone', 1);
    const { administration, licensing, accounts } = world.services;
    const order = await old.order(await old.offer(world.drink));
    await administration.decommission(await old.decommission());
    expect(await refusal(licensing.order('gone', order))).toBe('machine/retired');
    expect(await refusal(old.sendHead(new TestJournal().grow(3), null))).toBe('machine/retired');
    expect(await refusal(licensing.licencesAfter('gone', 0))).toBe('machine/retired');
    expect(await refusal(accounts.claims('gone'))).toBe('marketplace/unknown-machine');
    expect(await accounts.enrol(old.person.certificate)).toBe('gone');
    expect(await refusal(accounts.claims('gone'))).toBe('marketplace/unknown-machine');
    const again = await paperMachine(world.machineCa, 'gone', 'H');
    expect(await refusal(accounts.enrol(again.certificate))).toBe('machine/retired');
  });

  it('is booked once, however often its last word comes, and only by its own word', async () => {
    const [old] = await machineWith('repeats', 2);
    const [other] = await machineWith('other', 1);
    const { administration } = world.services;
    const farewell = await old.decommission();
    const first = await administration.decommission(farewell);
    expect(await administration.decommission(farewell)).toEqual(first);
    expect(await administration.decommission(await old.decommission())).toEqual(first);
    const forged = await other.decommission({ machine: 'next' });
    expect(await refusal(administration.decommission(forged))).toBe('message/not-authentic');
  });

  it('does not get back by its heir what it says is over', async () => {
    const [old, licences] = await machineWith('ended', 2);
    const { administration } = world.services;
    const ended = [licences[0]?.slots[0]?.kid ?? new Uint8Array(32)];
    expect(await administration.decommission(await old.decommission({ ended }))).toMatchObject({ uses: 1 });
  });

  it('in quarantine is believed as little as a loss report: later, and up to a cap', async () => {
    const [old] = await machineWith('forked', 4);
    await old.sendHead(new TestJournal().grow(2), null);
    const { administration } = world.services;
    const estate = await administration.decommission(await old.decommission());
    expect(estate).toMatchObject({ uses: 2, due: world.clock.now() + defaultPolicy.lossHoldMs });
  });
});

describe('an heir', () => {
  it('must be enrolled, in service, and the only one of a machine that is not', async () => {
    const [old] = await machineWith('testator', 1);
    await heir('first');
    await heir('second');
    const { administration } = world.services;
    expect(await refusal(administration.succeed('testator', 'first'))).toBe('machine/not-retired');
    await administration.decommission(await old.decommission());
    expect(await refusal(administration.succeed('testator', 'nobody'))).toBe('marketplace/unknown-machine');
    expect(await refusal(administration.succeed('testator', 'testator'))).toBe('marketplace/unknown-machine');
    await administration.succeed('testator', 'first');
    await administration.succeed('testator', 'first');
    expect(await refusal(administration.succeed('testator', 'second'))).toBe('marketplace/duplicate');
  });

  it('that is retired before it got everything passes the rest on', async () => {
    const [old] = await machineWith('grandmother', 3);
    const { administration } = world.services;
    await administration.decommission(await old.decommission());
    const mother = await heir('mother');
    await administration.succeed('grandmother', 'mother');
    await mother.sendPrekeys(1);
    expect(await licencesOf(mother)).toHaveLength(1);
    await administration.decommission(await mother.decommission());
    const child = await heir('child');
    await administration.succeed('mother', 'child');
    await child.sendPrekeys(5);
    expect(await licencesOf(child)).toHaveLength(3);
  });

  it('that cannot keep keys in its token gets no recipe whose author wants that', async () => {
    const { services, author } = world;
    const strict = await sealTheDrink(author, { recipe_id: 'f'.repeat(32) });
    await services.catalogue.publish({ recipe: strict.recipeHex, version: strict.version }, strict.sealed.file);
    await services.licensing.deposit(await depositOf(services, author, strict, 'H'));
    const [old] = await machineWith('strict', 1);
    await old.sendPrekeys(1);
    await old.buy(strict);
    await services.administration.decommission(await old.decommission());
    const weak = await heir('weak', 'S');
    await services.administration.succeed('strict', 'weak');
    await weak.sendPrekeys(4);
    expect((await licencesOf(weak)).map(({ recipe }) => recipe)).toEqual([world.drink.recipe]);
  });
});

describe('a lost token', () => {
  it('needs two people', async () => {
    await machineWith('alone', 1);
    const { administration } = world.services;
    const report = { machine: 'alone', ...people, technician: ' olga operator' };
    expect(await refusal(administration.reportLoss(report))).toBe('machine/two-people');
    expect(await refusal(administration.reportLoss({ machine: 'nobody', ...people }))).toBe(
      'marketplace/unknown-machine',
    );
  });

  it('ends the machine at once, and gives its heir so many uses after a while', async () => {
    const [, licences] = await machineWith('lost', 3);
    const { administration, accounts } = world.services;
    const estate = await administration.reportLoss({ machine: 'lost', ...people });
    expect(estate).toMatchObject({ uses: 2, due: world.clock.now() + defaultPolicy.lossHoldMs });
    expect(await refusal(accounts.claims('lost'))).toBe('marketplace/unknown-machine');
    expect(await refusal(administration.reportLoss({ machine: 'lost', ...people }))).toBe(
      'marketplace/unknown-machine',
    );
    const next = await heir('finder');
    await administration.succeed('lost', 'finder');
    await next.sendPrekeys(4);
    const journal = new TestJournal().grow(1);
    await next.sendHead(journal, null);
    expect(await licencesOf(next)).toEqual([]);
    await world.clock.advance(defaultPolicy.lossHoldMs - 1);
    await next.sendHead(journal.grow(1), null);
    expect(await licencesOf(next)).toEqual([]);
    await world.clock.advance(1);
    await next.sendHead(journal.grow(1), null);
    const fresh = await licencesOf(next);
    expect(fresh.map(({ reissues }) => reissues?.cti)).toEqual(licences.slice(0, 2).map(({ cti }) => cti));
  });

  it('stands in the status list', async () => {
    await machineWith('stolen', 0);
    await world.services.administration.reportLoss({ machine: 'stolen', ...people });
    const message = await world.services.licensing.statusList();
    const { machines } = openMessage(
      'STATUS_LIST',
      message,
      { licensing: [world.identity.ca] },
      world.clock.now(),
    ).payload;
    expect(machines).toContain('stolen');
  });
});

describe('what the operator sees', () => {
  it('says of each machine where it stands', async () => {
    const [machine] = await machineWith('seen', 1);
    await machine.sendHead(new TestJournal().grow(2), null);
    const { administration } = world.services;
    const one = async (name: string) => (await administration.machines()).find((view) => view.machine === name);
    expect(await one('seen')).toMatchObject({
      state: 'quarantined',
      epoch: 0,
      seq: 1,
      journals: [{ head: { index: 2 } }],
    });
    await administration.release('seen', { person: 'Olga', reason: 'card' });
    expect(await one('seen')).toMatchObject({ state: 'released' });
    await administration.decommission(await machine.decommission());
    expect(await one('seen')).toMatchObject({ state: 'retired', waiting: 1, refused: 0, heir: null });
  });
});

function useOf(cti: Uint8Array, slots: Payload<'LICENCE'>['slots']): { cti: Uint8Array; kid: Uint8Array } {
  return { cti, kid: slots[0]?.kid ?? new Uint8Array(32) };
}
