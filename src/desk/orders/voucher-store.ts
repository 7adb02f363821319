import type { DatabaseSync } from 'node:sqlite';
import { instant, satoshi } from '#shared/units.ts';
import type { VoucherRecord, VoucherStore } from '#payment/voucher.ts';

/** Vouchers in desk's database. */
export function openVoucherStore(database: DatabaseSync): VoucherStore {
  database.exec(`CREATE TABLE IF NOT EXISTS vouchers (
    digest TEXT PRIMARY KEY, amount TEXT NOT NULL, issued_at INTEGER NOT NULL, used_for TEXT) STRICT`);
  const add = (record: VoucherRecord): void => {
    database
      .prepare('INSERT INTO vouchers (digest, amount, issued_at, used_for) VALUES (?, ?, ?, ?)')
      .run(record.digest, record.amount.toString(), record.issuedAt, record.usedFor);
  };
  return {
    add: (record) => Promise.resolve(add(record)),
    find(digest) {
      const row = database.prepare('SELECT * FROM vouchers WHERE digest = ?').get(digest);
      if (row === undefined) return Promise.resolve(null);
      return Promise.resolve({
        digest,
        amount: satoshi(BigInt(String(row.amount))),
        issuedAt: instant(Number(row.issued_at)),
        usedFor: typeof row.used_for === 'string' ? row.used_for : null,
      });
    },
    redeem(digest, purpose, remainder) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const used = database
          .prepare('UPDATE vouchers SET used_for = ? WHERE digest = ? AND used_for IS NULL')
          .run(purpose, digest);
        if (used.changes === 1 && remainder !== null) add(remainder);
        database.exec('COMMIT');
        return Promise.resolve(used.changes === 1);
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
  };
}
