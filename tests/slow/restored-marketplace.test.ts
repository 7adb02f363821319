import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decant } from '../cli/decant.ts';
import { entriesOf } from '../integration/support/journal-entries.ts';
import { eventually, World } from '../integration/world.ts';

const slug = 'beach-day';

describe('a marketplace whose database was put back from a copy', () => {
  let world: World;
  let lastSeq: number;
  let licence: string;

  const database = (): string => join(world.demo.place.marketplace, 'database');
  const said = async (message: string) => (await world.log('marketplace')).filter(({ msg }) => msg === message);

  beforeAll(async () => {
    world = await World.start();
    const copy = join(world.state, 'database-copy');
    await world.demo.processes.marketplace.stop();
    await cp(database(), copy, { recursive: true });
    const copied = (await world.status()).journal.index;
    await world.demo.processes.marketplace.start();
    const customer = await world.customer();
    await customer.menu(({ works, drinks }) => works.marketplace && drinks.some(({ why_not }) => why_not.length === 0));
    const bought = await decant(['licences', 'buy', slug, '--uses', '2', '--yes', '--state', world.state, '--json']);
    expect(bought.code).toBe(0);
    const receipt = await customer.buy(slug);
    licence = receipt.licence;
    await eventually(async () => (entriesOf('OUTCOME_BOOKED', await world.journal()).length > 0 ? true : null));
    lastSeq = (await world.status()).last_seq;
    // the marketplace has countersigned more than the copy knows
    await eventually(async () => {
      const witnessed = entriesOf('WITNESSED', await world.journal()).at(-1)?.journal.index ?? 0;
      return witnessed > copied ? true : null;
    });
    await world.demo.processes.marketplace.stop();
    await rm(database(), { recursive: true });
    await cp(copy, database(), { recursive: true });
    await world.demo.processes.marketplace.start();
    // a desk that starts reports at once; the one that runs would within a minute
    await world.demo.processes.desk.stop();
    await world.demo.processes.desk.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('notices it by its own signature, and does not lock the machine', async () => {
    const [line] = await eventually(async () => {
      const lines = await said('database-is-older-than-witness');
      return lines.length > 0 ? lines : null;
    });
    expect(line).toMatchObject({ machine: 'demo-machine', code: 'marketplace/restored' });
    expect(await said('machine-quarantined')).toEqual([]);
    expect((await world.status()).state).toBe('idle');
  });

  test('is told again which licences it had issued and what became of them', async () => {
    await eventually(async () => (entriesOf('TOLD_AGAIN', await world.journal()).length > 0 ? true : null));
    expect((await said('licence-recovered')).map(({ seq }) => Number(seq)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: lastSeq }, (_, i) => i + 1),
    );
    const booked = (await said('usage-booked')).filter(({ cti }) => cti === licence);
    expect(booked).toHaveLength(2);
  });

  test('sells on, with numbers above those that were told it again', async () => {
    const customer = await world.customer();
    await customer.menu(({ works, drinks }) => works.marketplace && drinks.some(({ why_not }) => why_not.length === 0));
    await eventually(async () => ((await world.status()).prekeys.free > 0 ? true : null));
    const again = await decant(['licences', 'buy', slug, '--uses', '1', '--yes', '--state', world.state, '--json']);
    expect(JSON.parse(again.out)).toMatchObject({ seq: lastSeq + 1 });
    expect((await customer.buy(slug)).delivered_ul).toBeGreaterThan(0);
    const { machines } = JSON.parse(
      (await decant(['marketplace', 'machines', '--state', world.demo.place.marketplace, '--json'])).out,
    ) as { machines: object[] };
    expect(machines).toMatchObject([{ state: 'good', epoch: 0 }]);
  });
});
