import type { DatabaseSync } from 'node:sqlite';
import type { VoucherRecord, VoucherStore } from '#payment/voucher.ts';
import { instant, satoshi } from '#shared/units.ts';

/** Vouchers in desk's database; each change is durable when it resolves. */
export function openVoucherStore(database: DatabaseSync): VoucherStore {
  database.exec(`CREATE TABLE IF NOT EXISTS vouchers (
    digest TEXT PRIMARY KEY, amount TEXT NOT NULL, issued_at INTEGER NOT NULL, used_for TEXT) STRICT`);
  const add = (record: VoucherRecord): void => {
    database
      .prepare('INSERT INTO vouchers (digest, amount, issued_at, used_for) VALUES (?, ?, ?, ?)')
      .run(record.digest, record.amount.toString(), record.issuedAt, record.usedFor);
  };
  const find = (digest: string): VoucherRecord | null => {
    const row = database.prepare('SELECT * FROM vouchers WHERE digest = ?').get(digest);
    if (row === undefined) return null;
    return {
      digest,
      amount: satoshi(BigInt(String(row.amount))),
      issuedAt: instant(Number(row.issued_at)),
      usedFor: typeof row.used_for === 'string' ? row.used_for : null,
    };
  };
  return {
    add: async (record) => add(record),
    find: async (digest) => find(digest),
    redeem: async (digest, purpose, remainder, along) =>
      inOneStep(database, () => {
        const used = database
          .prepare('UPDATE vouchers SET used_for = ? WHERE digest = ? AND used_for IS NULL')
          .run(purpose, digest);
        if (used.changes !== 1) return false;
        if (remainder !== null) add(remainder);
        along?.();
        return true;
      }),
    raise: async (digest, by, along) =>
      inOneStep(database, () => {
        const record = find(digest);
        if (record === null || record.usedFor !== null) return false;
        const amount = (record.amount + by).toString();
        database.prepare('UPDATE vouchers SET amount = ? WHERE digest = ?').run(amount, digest);
        along?.();
        return true;
      }),
  };
}

/** Runs `work`, which does not wait for anything, as one transaction. */
function inOneStep<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const done = work();
    database.exec('COMMIT');
    return done;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
