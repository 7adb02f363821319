import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitPrice } from '#payment/split.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { satoshi } from '#shared/units.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import type { Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { openPglite } from '../database/pglite-database.ts';
import { Ledger } from './ledger.ts';

const sources = systemDisk(fileURLToPath(new URL('..', import.meta.url)));
let database: Database;
let ledger: Ledger;
beforeAll(async () => {
  database = await openPglite(null);
  await migrate(database, sources);
  ledger = new Ledger(database, systemClock);
});
afterAll(() => database[Symbol.asyncDispose]());

let run = 0;
const machineOfRun = (): string => `machine-${(run += 1)}`;

const charge = (machine: string, key: string, price: number): Promise<string> => {
  const { licensor, marketplace } = splitPrice(satoshi(price));
  const booked = { machine, key, licensor: `author of ${machine}`, licensorSat: licensor, marketplaceSat: marketplace };
  return refusal(database.transaction((transaction) => ledger.charge(transaction, booked)));
};
const balances = async (machine: string): Promise<bigint[]> => [
  await ledger.balance(`machine:${machine}`),
  await ledger.balance(`licensor:author of ${machine}`),
];

describe('the ledger', () => {
  it('never makes or loses a satoshi, whatever is credited and charged', async () => {
    const step = fc.record({ credit: fc.nat(5000), price: fc.nat(5000), again: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const machine = machineOfRun();
        let expected = 0n;
        let earned = 0n;
        for (const [i, { credit, price, again }] of steps.entries()) {
          await ledger.credit(machine, satoshi(credit), `${machine}:${i}`, 'bitcoin');
          if (again) await ledger.credit(machine, satoshi(credit), `${machine}:${i}`, 'bitcoin');
          expected += BigInt(credit);
          const affordable = expected >= BigInt(price);
          expect(await charge(machine, `order:${i}`, price)).toBe(affordable ? 'accepted' : 'payment/balance-low');
          if (!affordable) continue;
          expected -= BigInt(price);
          earned += splitPrice(satoshi(price)).licensor;
        }
        expect(await balances(machine)).toEqual([expected, earned]);
      }),
      { numRuns: 25 },
    );
    const [sums] = await database.query(
      'select sum(amount) as all_entries, count(*) as entries from payments.entry where amount <> 0',
    );
    expect(sums).toMatchObject({ all_entries: '0' });
    const wrong = await database.query(
      `select name from payments.account where balance <>
       (select coalesce(sum(amount), 0) from payments.entry where account = name)`,
    );
    expect(wrong).toEqual([]);
  });

  it('charges a key once, and refuses it for another price', async () => {
    const machine = machineOfRun();
    await ledger.credit(machine, satoshi(1000), machine, 'voucher');
    expect(await charge(machine, 'order:1', 100)).toBe('accepted');
    expect(await charge(machine, 'order:1', 100)).toBe('accepted');
    expect(await charge(machine, 'order:1', 200)).toBe('marketplace/duplicate');
    expect(await balances(machine)).toEqual([900n, 70n]);
  });

  it('takes everything back when the transaction around a charge fails', async () => {
    const machine = machineOfRun();
    await ledger.credit(machine, satoshi(1000), machine, 'voucher');
    const { licensor, marketplace } = splitPrice(satoshi(500));
    const failing = database.transaction(async (transaction) => {
      const booked = { machine, key: 'k', licensor: 'x', licensorSat: licensor, marketplaceSat: marketplace };
      await ledger.charge(transaction, booked);
      throw new Error('no licence');
    });
    await expect(failing).rejects.toThrow('no licence');
    expect(await balances(machine)).toEqual([1000n, 0n]);
  });
});

describe('migrations', () => {
  it('run once, and refuse a file that was changed after it ran', async () => {
    await migrate(database, sources);
    const changed = { ...sources, read: async () => new TextEncoder().encode('select 1') };
    expect(await refusal(migrate(database, changed))).toBe('config/invalid');
  });
});
