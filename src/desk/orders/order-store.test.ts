import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { advance as advanceInvoice } from '#payment/advance-invoice.ts';
import { instant, satoshi } from '#shared/units.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { advance } from './advance-order.ts';
import type { Order, OrderEvent } from './order.ts';
import { decodeOrder, encodeOrder } from './order-record.ts';
import { type OrderStore, openOrderStore } from './order-store.ts';
import { batch, cti, output, purchase, sampleInvoice, sampleOrder, start } from './testing/sample-order.ts';

const soon = instant(start + 60_000);
const tooLate = instant(start + 20 * 60_000);
const dayAfter = instant(start + 25 * 3_600_000);
const idOf = (n: number): string => `c0ffee00-0000-4000-8000-${n.toString().padStart(12, '0')}`;

const paid = advanceInvoice(sampleInvoice(), { type: 'looked', at: soon, outputs: [output(2, 1300, 1)] }).invoice;
const story: OrderEvent[] = [
  { type: 'invoiced', invoice: sampleInvoice(), uri: 'bitcoin:rb1q?amount=0.00001', at: start },
  { type: 'invoice', invoice: paid, at: soon },
  { type: 'refunded', voucher: 'AAAA-BBBB', amount: satoshi(300), worth: satoshi(300) },
  { type: 'licensed', purchase: purchase(1), at: soon },
  { type: 'hint', problem: { code: 'machine/busy', facts: { before: '1', hex: '00ff', sat: '12' } } },
  { type: 'checked' },
  { type: 'start', at: soon },
  { type: 'burned', at: soon },
  { type: 'percent', percent: 40, at: soon },
  { type: 'ended', batch: batch(cti(1), { result: 'partial', delivered_ul: 9 }), usage: 'dXNhZ2U', at: soon },
  { type: 'broke', effect: 'book', at: soon },
  { type: 'booked' },
];

describe('the record of an order', () => {
  it('brings back every order as it was, at each step of its story', () => {
    let order = sampleOrder();
    for (const event of story) {
      order = advance(order, event).order;
      expect(decodeOrder(encodeOrder(order))).toEqual(order);
    }
    expect(order).toMatchObject({ stage: 'partial', refunded: 300n, usage: { booked: true } });
  });

  it('holds amounts of any size and no binary', () => {
    const rich = sampleOrder({ price: satoshi(2_100_000_000_000_000n) });
    expect(decodeOrder(encodeOrder(rich)).price).toBe(2_100_000_000_000_000n);
    expect(encodeOrder(rich)).toMatch(/^[\x20-\x7e]*$/);
  });

  it.each([
    ['a field too many', 'pin', (text: string) => text.replace('{', '{"pin":"1234",')],
    ['a stage that is none', 'stage', (text: string) => text.replace('"payment"', '"poured"')],
    ['a negative amount', 'price', (text: string) => text.replace('"1000"', '"-1000"')],
    ['an amount as a number', 'price', (text: string) => text.replace('"1000"', '1000')],
  ])('is refused with %s', (_what, field, change) => {
    expect(() => decodeOrder(change(encodeOrder(sampleOrder())))).toThrow(field);
  });
});

describe('the store of orders', () => {
  let database: DatabaseSync;
  let clock: SteppedClock;
  let store: OrderStore;
  beforeEach(() => {
    database = new DatabaseSync(':memory:');
    clock = new SteppedClock(start);
    store = openOrderStore(database, clock);
  });
  afterEach(() => database.close());

  const again = (): OrderStore => openOrderStore(database, clock);
  const numbered = (number: number, changes: Partial<Order> = {}): Order =>
    sampleOrder({ id: idOf(number), number, ...changes });

  it('finds what was saved, also when it is opened again', () => {
    store.save(numbered(1));
    store.save(numbered(1, { stage: 'licence' }));
    for (const one of [store, again()]) {
      expect(one.find(idOf(1))?.stage).toBe('licence');
      expect(one.find(idOf(2))).toBeNull();
    }
  });

  it('gives out each number once, over restarts', () => {
    expect(store.nextNumber()).toBe(1);
    store.save(numbered(1));
    store.save(numbered(2, { stage: 'done' }));
    expect([store.nextNumber(), again().nextNumber()]).toEqual([3, 3]);
  });

  it('never lets one order take the number of another', () => {
    store.save(numbered(1));
    expect(() => store.save(numbered(1, { id: idOf(2) }))).toThrow('UNIQUE');
    expect(again().find(idOf(1))?.number).toBe(1);
  });

  it('loses with the process what was only noted', () => {
    store.save(numbered(1, { stage: 'pouring' }));
    store.note(numbered(1, { stage: 'pouring', percent: 40 }));
    expect([store.find(idOf(1))?.percent, again().find(idOf(1))?.percent]).toEqual([40, 0]);
  });

  it('is as before when a transaction is undone', () => {
    store.save(numbered(1));
    database.exec('BEGIN');
    store.save(numbered(1, { refunded: satoshi(5) }));
    store.write(numbered(2));
    database.exec('ROLLBACK');
    store.reload(idOf(1));
    store.reload(idOf(2));
    expect([store.find(idOf(1))?.refunded, store.find(idOf(2))]).toEqual([0n, null]);
  });

  const served = { stage: 'done', voucherPaid: satoshi(1000) } as const;
  const left: [string, Partial<Order>, boolean][] = [
    ['is open', { stage: 'payment' }, true],
    ['waits for its glass', { stage: 'place_glass' }, true],
    ['is done', { ...served, usage: { message: 'u', booked: true } }, false],
    ['is done and not booked', { ...served, usage: { message: 'u', booked: false } }, true],
    ['is done and was never paid', { stage: 'done' }, true],
    ['failed and owes a voucher', { stage: 'failed', voucherPaid: satoshi(5) }, true],
    ['failed and has paid back', { stage: 'failed', voucherPaid: satoshi(5), refunded: satoshi(5) }, false],
    ['was cancelled and its address is watched', { stage: 'cancelled', invoice: sampleInvoice() }, true],
    ['is done and was paid too much', { stage: 'done', invoice: paid }, true],
    ['broke', { stage: 'failed', broken: { effect: 'buy', at: soon } }, true],
  ];
  it.each(left)('knows whether there is more to do about an order that %s', (_what, changes, lively) => {
    store.save(numbered(1, changes));
    for (const one of [store, again()]) expect(one.lively()).toHaveLength(lively ? 1 : 0);
    expect(store.find(idOf(1))).toEqual(numbered(1, changes));
  });

  it('has done with an unpaid order when its address is no longer watched', () => {
    const invoice = advanceInvoice(sampleInvoice(), { type: 'looked', at: tooLate, outputs: [] }).invoice;
    store.save(numbered(1, { stage: 'expired', invoice }));
    expect(store.lively()).toHaveLength(1);
    clock = new SteppedClock(dayAfter);
    const later = again();
    expect(later.lively()).toEqual([]);
    expect(again().lively()).toEqual([]);
  });

  it('answers lively orders in the order in which they were taken', () => {
    for (const number of [3, 1, 2]) store.save(numbered(number));
    expect(store.lively().map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(
      again()
        .lively()
        .map(({ number }) => number),
    ).toEqual([1, 2, 3]);
  });

  it('counts the orders on chain that brought nothing, since a time', () => {
    const times = { ordered: soon };
    store.save(numbered(1, { times }));
    store.save(numbered(2, { times, stage: 'expired', invoice: sampleInvoice() }));
    store.save(numbered(3, { times, invoice: paid, stage: 'licence' }));
    store.save(numbered(4, { times, rail: 'voucher' }));
    store.save(numbered(5, { times, rail: 'free' }));
    expect([store.unpaidSince(start), store.unpaidSince(soon)]).toEqual([2, 0]);
  });
});
