import type { DatabaseSync } from 'node:sqlite';
import { fromHex, hex } from '#shared/entropy.ts';
import type { Instant } from '#shared/units.ts';
import { isClosed, type Order } from './order.ts';

/** The orders of this machine, kept in desk's database; every save is durable when it returns. */
export interface OrderStore {
  save(order: Order): void;
  find(id: string): Order | null;
  /** Orders that are not closed, or whose refund or booking is missing, oldest first. */
  unfinished(): Order[];
  /** Orders whose invoice must still be looked at. */
  watched(now: Instant): Order[];
  latest(limit: number): Order[];
  /** A number that no order has yet. */
  nextNumber(): number;
}

export function openOrderStore(database: DatabaseSync): OrderStore {
  database.exec(`CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, open INTEGER NOT NULL, watched_until INTEGER NOT NULL,
    content TEXT NOT NULL) STRICT`);
  const many = (sql: string, ...values: number[]): Order[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row) => read(String(row.content)));
  return {
    save(order) {
      const open = !isClosed(order) || (order.usage !== null && !order.usage.booked) || needsRefund(order);
      database
        .prepare('INSERT OR REPLACE INTO orders (id, number, open, watched_until, content) VALUES (?, ?, ?, ?, ?)')
        .run(order.id, order.number, open ? 1 : 0, order.invoice?.watchedUntil ?? 0, write(order));
    },
    find(id) {
      const row = database.prepare('SELECT content FROM orders WHERE id = ?').get(id);
      return row === undefined ? null : read(String(row.content));
    },
    unfinished: () => many('SELECT content FROM orders WHERE open = 1 ORDER BY number'),
    watched: (now) => many('SELECT content FROM orders WHERE watched_until >= ? ORDER BY number', now),
    latest: (limit) => many('SELECT content FROM orders ORDER BY number DESC LIMIT ?', limit),
    nextNumber: () =>
      Number(database.prepare('SELECT coalesce(max(number), 0) + 1 AS next FROM orders').get()?.next ?? 1),
  };
}

function needsRefund(order: Order): boolean {
  return (
    (order.stage === 'failed' || order.stage === 'partial') && order.refund === null && order.invoice?.released === true
  );
}

/** JSON, with money as `{"sat": "123"}` and bytes as `{"hex": "00ff"}`. */
function write(order: Order): string {
  return JSON.stringify(order, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { sat: value.toString() };
    return value instanceof Uint8Array ? { hex: hex(value) } : value;
  });
}

function read(text: string): Order {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const { sat, hex: digits } = value as { sat?: unknown; hex?: unknown };
    if (typeof sat === 'string') return BigInt(sat);
    return typeof digits === 'string' ? fromHex(digits) : value;
  }) as Order;
}
