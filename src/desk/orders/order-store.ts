import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#shared/clock.ts';
import type { Instant } from '#shared/units.ts';
import { needsAttention } from './open-case.ts';
import type { Order } from './order.ts';
import { decodeOrder, encodeOrder } from './order-record.ts';

/** The orders of this machine. */
export interface OrderStore {
  /** Durable when it returns. */
  save(order: Order): void;
  /** Writes within a transaction that may still be undone; to be saved when it was not. */
  write(order: Order): void;
  /** Takes the order as it is in the database: a transaction was undone. */
  reload(id: string): void;
  /** Keeps what may be lost with the process: progress, hints. */
  note(order: Order): void;
  find(id: string): Order | null;
  /** Orders about which something may still have to be done, in the order in which they were taken. */
  lively(): Order[];
  /** How many orders taken after `since` wait for money, or waited in vain. */
  unpaidSince(since: Instant): number;
  /** A number that no order has yet. */
  nextNumber(): number;
}

/** Orders in desk's database; those that matter now are in memory as well. */
export function openOrderStore(database: DatabaseSync, clock: Clock): OrderStore {
  database.exec(`CREATE TABLE IF NOT EXISTS customer_order (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, ordered_at INTEGER NOT NULL, unpaid INTEGER NOT NULL,
    lively INTEGER NOT NULL, content TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS unpaid_orders ON customer_order (ordered_at) WHERE unpaid = 1;
    CREATE INDEX IF NOT EXISTS lively_orders ON customer_order (number) WHERE lively = 1`);
  const live = new Map<string, Order>();
  for (const row of database.prepare('SELECT content FROM customer_order WHERE lively = 1 ORDER BY number').all()) {
    const order = decodeOrder(String(row.content));
    live.set(order.id, order);
  }
  const upsert = database.prepare(`INSERT INTO customer_order (id, number, ordered_at, unpaid, lively, content)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
    unpaid = excluded.unpaid, lively = excluded.lively, content = excluded.content`);
  const write = (order: Order): boolean => {
    const lively = needsAttention(order, clock.now());
    const { id, number, times } = order;
    upsert.run(id, number, times.ordered, isUnpaid(order) ? 1 : 0, lively ? 1 : 0, encodeOrder(order));
    return lively;
  };
  const save = (order: Order): void => {
    if (write(order)) live.set(order.id, order);
    else live.delete(order.id);
  };
  const row = (id: string): Order | null => {
    const found = database.prepare('SELECT content FROM customer_order WHERE id = ?').get(id);
    return found === undefined ? null : decodeOrder(String(found.content));
  };
  return {
    save,
    reload(id) {
      const order = row(id);
      if (order !== null && needsAttention(order, clock.now())) live.set(id, order);
      else live.delete(id);
    },
    write: (order) => void write(order),
    note: (order) => void live.set(order.id, order),
    find: (id) => live.get(id) ?? row(id),
    lively() {
      // what time alone has settled: an invoice whose watching is over
      for (const order of live.values()) if (!needsAttention(order, clock.now())) save(order);
      return [...live.values()].sort((a, b) => a.number - b.number);
    },
    unpaidSince(since) {
      const sql = 'SELECT count(*) AS count FROM customer_order WHERE unpaid = 1 AND ordered_at > ?';
      return Number(database.prepare(sql).get(since)?.count ?? 0);
    },
    nextNumber() {
      return Number(database.prepare('SELECT coalesce(max(number), 0) + 1 AS next FROM customer_order').get()?.next);
    },
  };
}

/** Has cost an address and brought nothing. */
function isUnpaid({ rail, invoice }: Order): boolean {
  return rail === 'bitcoin' && (invoice === null || invoice.received === 0n);
}
