import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { satoshi } from '#shared/units.ts';
import { idOf, Till, wanted } from '../testing/till.ts';
import { isClosed, isStarting, type Order } from './order.ts';
import { received } from './order-money.ts';

const count = 3;
const which = fc.integer({ min: 1, max: count });

type Step = (till: Till) => unknown;

interface Move {
  readonly text: string;
  readonly step: Step;
}

const move = (text: string, step: Step): Move => ({ text, step });
const steady = (text: string, step: Step): fc.Arbitrary<Move> => fc.constant(move(text, step));
const each = (text: string, step: (till: Till, n: number) => unknown): fc.Arbitrary<Move> =>
  which.map((n) => move(`${text} ${n}`, (till) => (till.counter.find(idOf(n)) === null ? undefined : step(till, n))));

async function takeByVoucher(till: Till, n: number, amount: number): Promise<void> {
  const { code } = await till.vouchers.issue(satoshi(amount), till.clock.now());
  await till.clock.until(till.counter.take(wanted(n, code)));
}

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: which.map((n) => move(`take ${n}`, (till) => till.clock.until(till.counter.take(wanted(n))))),
  },
  { weight: 3, arbitrary: which.map((n) => move(`voucher ${n}`, (till) => takeByVoucher(till, n, 1500))) },
  {
    weight: 4,
    arbitrary: fc.tuple(which, fc.constantFrom(400, 1000, 1300), fc.constantFrom(0, 1)).map(([n, value, depth]) =>
      move(`pay ${n} ${value} ${depth}`, (till) => {
        const order = till.counter.find(idOf(n));
        if (order?.invoice != null) till.pay(order, value, depth);
      }),
    ),
  },
  { weight: 2, arbitrary: steady('mine', (till) => till.mine()) },
  { weight: 4, arbitrary: steady('look', (till) => till.look()) },
  { weight: 4, arbitrary: each('start', (till, n) => till.start(n)) },
  { weight: 2, arbitrary: each('cancel', (till, n) => till.cancel(n)) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('ok', 'partial', 'failed' as const)
      .map((result) => move(`finish ${result}`, (till) => till.cell.finish(result as 'ok'))),
  },
  { weight: 3, arbitrary: steady('second', (till) => till.clock.advance(1000)) },
  { weight: 3, arbitrary: steady('settle', (till) => till.clock.advance(0)) },
  steady('minutes', (till) => till.clock.advance(3 * 60_000)),
  steady('quarter', (till) => till.clock.advance(16 * 60_000)),
  steady('no glass', (till) => void (till.cell.glass = !till.cell.glass)),
  steady('chain', (till) => void (till.chainUp = !till.chainUp)),
  steady('market', (till) => void (till.market.up = !till.market.up)),
  steady('refusal', (till) => void (till.market.refusal = till.market.refusal === null ? 'payment/balance-low' : null)),
  fc
    .constantFrom('request lost', 'answer lost' as const)
    .map((fault) => move(`cell ${fault}`, (till) => void (till.cell.fault = fault as 'answer lost'))),
  fc
    .constantFrom('request lost', 'answer lost' as const)
    .map((fault) => move(`market ${fault}`, (till) => void (till.market.fault = fault as 'answer lost'))),
  { weight: 2, arbitrary: steady('reconnect', (till) => till.reconnect()) },
  steady('disconnect', (till) => till.disconnect()),
  { weight: 2, arbitrary: steady('desk crash', (till) => till.crash()) },
  fc.boolean().map((drops) =>
    move(`power cut ${drops}`, async (till) => {
      till.cell.reboot(drops);
      await till.crash();
    }),
  ),
);

const orders = (till: Till): Order[] =>
  Array.from({ length: count }, (_, at) => till.counter.find(idOf(at + 1))).filter((order) => order !== null);

/** Everything works again and everybody does their part, until nothing moves any more. */
async function calm(till: Till): Promise<void> {
  till.chainUp = true;
  till.cell.glass = true;
  Object.assign(till.market, { up: true, refusal: null, fault: 'none' });
  till.cell.fault = 'none';
  await till.clock.advance(0);
  await till.reconnect();
  for (let round = 0; round < 12; round += 1) {
    till.mine();
    await till.look();
    await till.clock.advance(60_000);
    await till.tidy();
    for (const { stage, number } of orders(till)) {
      const order = orders(till).find((one) => one.number === number);
      if (stage === 'place_glass' && order !== undefined)
        till.counter.dispatch(order.id, { type: 'start', at: till.clock.now() });
    }
    await till.clock.advance(1000);
    till.cell.finish();
    await till.clock.advance(1000);
  }
  await till.clock.advance(20 * 60_000);
  await till.look();
}

/** Exactly one of receipt, all of the money back, or an open case; and no drink without pay. */
async function check(till: Till): Promise<void> {
  const cases = till.counter.openCases().map(({ order }) => order);
  for (const order of orders(till)) {
    expect(isClosed(order)).toBe(true);
    expect(isStarting(order)).toBe(false);
    const poured = till.cell.poured.filter((one) => one === order.id).length;
    expect(poured).toBe(['done', 'partial'].includes(order.stage) ? 1 : order.usage === null ? 0 : poured);
    expect(poured).toBeLessThanOrEqual(1);
    expect(cases).not.toContain(order.id);
    const back = received(order) - (order.stage === 'done' ? order.price : 0n);
    expect(order.refunded).toBe(back);
    const change = order.rail === 'voucher' ? 500n : 0n;
    expect(await till.worth(order)).toBe(back + change);
    if (order.usage !== null) expect(order.usage.booked).toBe(true);
  }
  expect(till.cell.checked).toBeNull();
  expect(till.cell.uses.filter(({ stage }) => stage === 'reserved')).toEqual([]);
}

describe('the till', () => {
  it('ends each order in a receipt or all of the money back, whatever breaks on the way', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove, { maxLength: 60, size: 'max' }), async (moves) => {
        using till = new Till();
        for (const { step } of moves) await step(till);
        await calm(till);
        await check(till);
      }),
      { numRuns: 300 },
    );
  });
});
