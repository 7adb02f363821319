import { Failure, invariant } from '#shared/failure.ts';
import type { Satoshi } from '#shared/units.ts';
import type { Split } from './split.ts';

/** Whose money an entry moves. `rail:` is the world outside: what came in by a rail less what was paid out by it. */
export type Account = `machine:${string}` | `licensor:${string}` | 'marketplace:commission' | `rail:${string}`;

export interface Entry {
  readonly account: Account;
  /** Positive into the account, negative out of it. */
  readonly amount: bigint;
}

/** One movement of money. Its entries add up to zero; its key makes a repeat harmless. */
export interface Transfer {
  /** Unique for the occasion, such as `licence:<offer id>`. */
  readonly key: string;
  readonly entries: readonly Entry[];
}

/** Money that arrived for a machine by a rail, such as `bitcoin` or `voucher`. */
export function deposit(key: string, machine: string, rail: string, amount: Satoshi): Transfer {
  return transfer(key, [
    { account: `rail:${rail}`, amount: 0n - amount },
    { account: `machine:${machine}`, amount },
  ]);
}

/** A machine pays a licence: the licensor's part is held for them, the commission stays. */
export function licencePurchase(key: string, machine: string, licensor: string, split: Split): Transfer {
  return transfer(key, [
    { account: `machine:${machine}`, amount: -(split.licensor + split.marketplace) },
    { account: `licensor:${licensor}`, amount: split.licensor },
    { account: 'marketplace:commission', amount: split.marketplace },
  ]);
}

/** What is left on a retired machine's account goes to the one that follows it. */
export function inheritance(key: string, machine: string, heir: string, left: bigint): Transfer {
  return transfer(key, [
    { account: `machine:${machine}`, amount: -left },
    { account: `machine:${heir}`, amount: left },
  ]);
}

/** Takes a transfer back under a key of its own (a licence that was voided). */
export function reversal(key: string, of: Transfer): Transfer {
  return transfer(
    key,
    of.entries.map(({ account, amount }) => ({ account, amount: -amount })),
  );
}

/** Pays out by a rail what is held for a licensor. */
export function payout(key: string, licensor: string, rail: string, amount: Satoshi): Transfer {
  return transfer(key, [
    { account: `licensor:${licensor}`, amount: 0n - amount },
    { account: `rail:${rail}`, amount },
  ]);
}

function transfer(key: string, entries: readonly Entry[]): Transfer {
  invariant(entries.reduce((sum, entry) => sum + entry.amount, 0n) === 0n, 'a transfer adds up to zero');
  return { key, entries: entries.filter((entry) => entry.amount !== 0n) };
}

/** Balances and the transfers that made them. Immutable. */
export interface Ledger {
  readonly balances: ReadonlyMap<Account, bigint>;
  readonly posted: ReadonlyMap<string, Transfer>;
}

export const emptyLedger: Ledger = { balances: new Map(), posted: new Map() };

export type Posting =
  | { readonly type: 'posted'; readonly ledger: Ledger }
  /** The same transfer was posted before; nothing changed. */
  | { readonly type: 'repeated'; readonly ledger: Ledger }
  | { readonly type: 'refused'; readonly failure: Failure };

/**
 * The ledger after `transfer`. Refused with `payment/balance-low` when an account other than a rail would fall below
 * zero, with `marketplace/duplicate` when the key stands for another transfer.
 */
export function post(ledger: Ledger, transfer: Transfer): Posting {
  const earlier = ledger.posted.get(transfer.key);
  if (earlier !== undefined) {
    return sameEntries(earlier, transfer)
      ? { type: 'repeated', ledger }
      : { type: 'refused', failure: new Failure('marketplace/duplicate', { key: transfer.key }) };
  }
  const balances = new Map(ledger.balances);
  for (const { account, amount } of transfer.entries) balances.set(account, (balances.get(account) ?? 0n) + amount);
  for (const { account, amount } of transfer.entries) {
    const balance = balances.get(account) ?? 0n;
    if (amount < 0n && balance < 0n && !account.startsWith('rail:')) {
      const facts = { account, missing: `${-balance}` };
      return { type: 'refused', failure: new Failure('payment/balance-low', facts) };
    }
  }
  return { type: 'posted', ledger: { balances, posted: new Map(ledger.posted).set(transfer.key, transfer) } };
}

/** What stands on an account, 0 when it was never touched. */
export function balanceOf(ledger: Ledger, account: Account): bigint {
  return ledger.balances.get(account) ?? 0n;
}

function sameEntries(a: Transfer, b: Transfer): boolean {
  return (
    a.entries.length === b.entries.length &&
    a.entries.every((entry, i) => entry.account === b.entries[i]?.account && entry.amount === b.entries[i]?.amount)
  );
}
