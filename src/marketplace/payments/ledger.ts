import { z } from 'zod';
import { type Account, deposit, type Entry, inheritance, licencePurchase, type Transfer } from '#payment/prepaid.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import { type Satoshi, satoshi } from '#shared/units.ts';
import { amount } from '../database/columns.ts';
import { all, type Database, one, type Transaction } from '../database/database.ts';

/** A price of licences, already split. */
export interface LicenceCharge {
  readonly machine: string;
  /** The same key of the same machine is charged once. */
  readonly key: string;
  readonly licensor: string;
  readonly licensorSat: Satoshi;
  readonly marketplaceSat: Satoshi;
}

const balanceRow = z.object({ balance: amount });
const entryRow = z.object({ account: z.string(), amount });

/** Prepaid accounts, by the double entry of `src/payment/prepaid.ts`, kept in the database. */
export class Ledger {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** What stands on an account; nothing when it was never touched. */
  async balance(account: Account): Promise<Satoshi> {
    const sql = isLimited(account)
      ? 'select balance from payments.account where name = $1'
      : 'select coalesce(sum(amount), 0)::bigint as balance from payments.entry where account = $1';
    return (await one(this.#database, balanceRow, sql, [account]))?.balance ?? satoshi(0);
  }

  /** Adds money that came in by `rail` to a machine's account; the same key again adds nothing. */
  async credit(machine: string, sat: Satoshi, key: string, rail: string): Promise<void> {
    await this.#database.transaction((transaction) =>
      this.#post(transaction, machine, deposit(`credit:${key}`, machine, rail, sat)),
    );
  }

  /**
   * Books the price of licences from the machine to licensor and marketplace, in the caller's transaction.
   * @throws Failure `payment/balance-low`, `marketplace/duplicate` when the key stands for another charge
   */
  async charge(transaction: Transaction, charge: LicenceCharge): Promise<void> {
    const { machine, key, licensor, licensorSat, marketplaceSat } = charge;
    const split = { licensor: licensorSat, marketplace: marketplaceSat };
    await this.#post(transaction, machine, licencePurchase(key, machine, licensor, split));
  }

  /** Moves what is left on a machine's account to that of its heir. */
  async inherit(transaction: Transaction, machine: string, heir: string): Promise<void> {
    const sql = 'select balance from payments.account where name = $1 for update';
    const left = (await one(transaction, balanceRow, sql, [`machine:${machine}`]))?.balance ?? 0n;
    if (left <= 0n) return;
    await this.#post(transaction, machine, inheritance(`inherit:${heir}`, machine, heir, left));
  }

  async #post(transaction: Transaction, machine: string, transfer: Transfer): Promise<void> {
    const fresh = await transaction.query(
      'insert into payments.transfer (machine, key, at) values ($1, $2, $3) on conflict do nothing returning key',
      [machine, transfer.key, this.#clock.now()],
    );
    if (fresh.length === 0) return requireSame(transaction, machine, transfer);
    for (const { account, amount: change } of byAccount(transfer)) {
      if (isLimited(account)) await applyChange(transaction, account, change);
      const sql = 'insert into payments.entry (machine, key, account, amount) values ($1, $2, $3, $4)';
      await transaction.query(sql, [machine, transfer.key, account, change]);
    }
  }
}

/** Whether the account can run out: then its balance stands in a row of its own, which is locked. */
function isLimited(account: Account): boolean {
  return account.startsWith('machine:');
}

async function applyChange(transaction: Transaction, account: Account, change: bigint): Promise<void> {
  await transaction.query('insert into payments.account (name) values ($1) on conflict do nothing', [account]);
  const sql = 'select balance from payments.account where name = $1 for update';
  const before = (await one(transaction, balanceRow, sql, [account]))?.balance ?? 0n;
  if (before + change < 0n) {
    throw new Failure('payment/balance-low', { missing_sat: Number(-(before + change)) });
  }
  await transaction.query('update payments.account set balance = balance + $2 where name = $1', [account, change]);
}

async function requireSame(transaction: Transaction, machine: string, transfer: Transfer): Promise<void> {
  const sql = 'select account, amount from payments.entry where machine = $1 and key = $2 order by account';
  const posted = await all(transaction, entryRow, sql, [machine, transfer.key]);
  const same =
    posted.length === transfer.entries.length &&
    transfer.entries.every((entry) =>
      posted.some((row) => row.account === entry.account && row.amount === entry.amount),
    );
  if (!same) throw new Failure('marketplace/duplicate', { key: transfer.key });
}

/** One order for all, so that two transfers never wait for each other. */
function byAccount({ entries }: Transfer): Entry[] {
  return entries.toSorted((a, b) => (a.account < b.account ? -1 : 1));
}
