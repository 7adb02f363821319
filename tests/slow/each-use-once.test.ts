import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { TestJournal, TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';

/**
 * Random lives of machines: buying, pouring, claims, rolled-back cards and releases, more one-time keys. However they are mixed,
 * a machine never has more uses than it has paid for, and loses none while no cap is reached.
 */
describe('a paid use', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await testWorld({ reissuesPerDay: 1000, reissuesPerRelease: 1000 });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** One machine as its own journal would have it. */
  class Life {
    readonly machine: TestMachine;
    journal = new TestJournal().grow(1);
    epoch = 0;
    paid = 0;
    poured = 0;
    seq = 0;
    /** Licences with one use each that lie in the machine. */
    open: Payload<'LICENCE'>[] = [];

    constructor(machine: TestMachine) {
      this.machine = machine;
    }

    /** Takes what licensing has for the machine. */
    async fetch(): Promise<void> {
      for (;;) {
        const page = await world.services.licensing.licencesAfter(this.machine.name, this.seq);
        if (page.length === 0) return;
        for (const message of page) {
          const anchors = { licensing: [world.identity.ca] };
          const { payload } = openMessage('LICENCE', message, anchors, world.clock.now());
          this.seq = payload.seq;
          for (const slot of payload.slots) this.open.push({ ...payload, slots: [slot] });
        }
      }
    }

    async buy(): Promise<void> {
      await this.machine.sendPrekeys(1);
      await this.machine.buy(world.drink);
      this.paid += 1;
      await this.fetch();
    }

    async pour(at: number): Promise<void> {
      const [licence] = this.open.splice(at % Math.max(1, this.open.length), 1);
      if (licence === undefined) return;
      await world.services.licensing.usage(this.machine.name, await this.machine.usage(licence));
      this.poured += 1;
    }

    async claim(at: number): Promise<void> {
      const [licence] = this.open.splice(at % Math.max(1, this.open.length), 1);
      if (licence === undefined) return;
      await this.machine.sendPrekeys(1);
      const answer = await world.services.licensing.voidClaim(this.machine.name, await this.machine.voidClaim(licence));
      expect(answer).toBe(null);
      await this.fetch();
    }

    /** The card is put back, found out, released; some drinks were poured meanwhile and are told only afterwards. */
    async release(untold: number): Promise<void> {
      const { licensing } = world.services;
      const { name } = this.machine;
      const since = this.journal.head;
      await this.machine.sendHead(this.journal, null, this.epoch);
      const card = this.journal.copy();
      await this.machine.sendHead(this.journal.grow(1), since, this.epoch);
      await this.machine.sendHead(card.grow(1), since, this.epoch);
      await licensing.release(name, { person: 'Olga', reason: 'card' });
      const release = await this.machine.sendHead(card, since, this.epoch);
      const over = this.open.slice(0, untold);
      const ended = over.flatMap(({ slots }) => slots.map(({ kid }) => kid));
      await this.machine.begin(release, card, { ended });
      this.journal = card;
      this.epoch += 1;
      this.open = [];
      for (const licence of over) {
        await licensing.usage(name, await this.machine.usage(licence));
        this.poured += 1;
      }
      await this.machine.sendPrekeys(20);
      await this.fetch();
    }

    /** Never more than was paid for; all of it, because no cap is reached. */
    check(): void {
      const kids = this.open.flatMap(({ slots }) => slots.map(({ kid }) => hex(kid)));
      expect(new Set(kids).size).toBe(kids.length);
      expect(this.poured + this.open.length).toBe(this.paid);
    }
  }

  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: 'buy' as const, at: 0 }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pour' as const), at: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('claim' as const), at: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), at: fc.nat(3) }) },
  );

  test('is never lost and never doubled, whatever happens between buying and pouring', async () => {
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        lives += 1;
        const machine = new TestMachine(world, await world.enrolled(`life-${lives}`));
        await world.credit(machine.person, 1_000_000);
        const life = new Life(machine);
        for (const { do: what, at } of steps) {
          await life[what](at);
          life.check();
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
