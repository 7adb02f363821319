import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { satoshi } from '#shared/units.ts';
import { idOf, Till, wanted } from '../testing/till.ts';

let till: Till;
beforeEach(() => {
  till = new Till();
});
afterEach(() => till[Symbol.dispose]());

const stage = (n: number): string => till.order(n).stage;
const problem = (n: number): string | undefined => till.order(n).problem?.code;

describe('an order at the counter', () => {
  it('goes from invoice to booked receipt', async () => {
    const order = await till.counter.take(wanted(1));
    expect(order).toMatchObject({ stage: 'payment', number: 1, invoice: { state: 'new', amount: 1000n } });
    till.pay(order, 1000, 0);
    await till.look();
    expect(stage(1)).toBe('confirming');
    till.mine();
    await till.look();
    await till.clock.advance(1000);
    expect(stage(1)).toBe('place_glass');
    till.start(1);
    await till.clock.advance(0);
    expect(stage(1)).toBe('pouring');
    till.cell.finish();
    await till.clock.advance(0);
    expect(till.order(1)).toMatchObject({ stage: 'done', usage: { booked: true }, refunded: 0n });
    expect(till.market.acks).toEqual(['ack 1']);
    expect(till.counter.openCases()).toEqual([]);
  });

  it('is the same order when it is asked for again, even at the same time', async () => {
    const both = await Promise.all([till.counter.take(wanted(1)), till.counter.take(wanted(1))]);
    expect(both.map(({ number }) => number)).toEqual([1, 1]);
    expect((await till.counter.take(wanted(1))).number).toBe(1);
    expect(till.addresses).toBe(1);
    const other = till.counter.take({ ...wanted(1), drink: 'sunrise' });
    await expect(other).rejects.toMatchObject({ code: 'order/duplicate' });
  });

  it('of a drink that is not there is refused and leaves nothing', async () => {
    await expect(till.counter.take({ ...wanted(1), drink: 'none' })).rejects.toMatchObject({ code: 'recipe/unknown' });
    expect(till.counter.find(idOf(1))).toBeNull();
  });

  it('uses up no address while the chain is out of reach, and shows its invoice afterwards', async () => {
    till.chainUp = false;
    await till.counter.take(wanted(1));
    expect(problem(1)).toBe('payment/unknown');
    await till.clock.advance(60_000);
    till.chainUp = true;
    await till.clock.advance(4000);
    expect(till.order(1).invoice).not.toBeNull();
    expect(problem(1)).toBeUndefined();
    expect(till.addresses).toBe(1);
  });

  it('waits with a hint for a marketplace that is away, ever longer, and goes on', async () => {
    till.market.up = false;
    await till.ready(1);
    expect([stage(1), problem(1)]).toEqual(['licence', 'marketplace/unreachable']);
    const tries = (): number => till.cell.asked.filter((operation) => operation === 'offer_nonce').length;
    const asked = tries();
    await till.clock.advance(60_000);
    expect(tries() - asked).toBeLessThan(20);
    till.market.up = true;
    await till.clock.advance(5000);
    expect([stage(1), problem(1)]).toEqual(['place_glass', undefined]);
  });

  it('has a use that lies in the machine, with the marketplace away, and is booked when it is back', async () => {
    till.cell.ahead = 1;
    till.market.up = false;
    const order = await till.ready(1);
    expect([order.stage, problem(1)]).toEqual(['place_glass', undefined]);
    // what the use cost when it was bought ahead, not what a licence costs now
    expect(order.licence).toMatchObject({ price: 600n, licensor: 420n, marketplace: 180n });
    till.start(1);
    await till.clock.advance(0);
    till.cell.finish();
    await till.clock.advance(0);
    expect(till.order(1)).toMatchObject({ stage: 'done', usage: { booked: false }, refunded: 0n });
    till.market.up = true;
    await till.clock.advance(60_000);
    expect(till.order(1).usage?.booked).toBe(true);
    expect([till.market.bought.size, till.market.booked.size]).toEqual([0, 1]);
  });

  it('has the use of an order that was given up, which is not bought a second time', async () => {
    await till.ready(1);
    const { licence } = till.order(1);
    till.counter.dispatch(idOf(1), { type: 'cancel', at: till.clock.now() });
    await till.clock.advance(1000);
    expect(stage(1)).toBe('cancelled');
    expect(await till.worth(till.order(1))).toBe(1000n);
    till.market.up = false;
    const second = await till.ready(2);
    expect(second.stage).toBe('place_glass');
    expect(second.licence).toEqual(licence);
    expect(till.market.bought.size).toBe(1);
  });

  it('has one such use only once, whatever is repeated', async () => {
    till.cell.ahead = 1;
    till.cell.faultOf = 'reserve_at_hand';
    till.cell.fault = 'answer lost';
    await till.ready(1);
    till.cell.up = true;
    await till.clock.advance(5000);
    expect(stage(1)).toBe('place_glass');
    expect(till.cell.uses).toHaveLength(1);
    expect(till.market.bought.size).toBe(0);
  });

  it('is paid back when the marketplace refuses for good', async () => {
    till.market.refusal = 'payment/balance-low';
    const order = await till.ready(1);
    expect([order.stage, problem(1)]).toEqual(['failed', 'payment/balance-low']);
    expect(await till.worth(order)).toBe(1000n);
    expect(till.counter.openCases()).toEqual([]);
  });

  it('is not bought when the licence costs more than the customer paid', async () => {
    till.cell.licencePrice = 1001;
    const order = await till.ready(1);
    expect(problem(1)).toBe('offer/price-mismatch');
    expect(till.market.bought.size).toBe(0);
    expect(await till.worth(order)).toBe(1000n);
  });

  it('lets a glass be placed and start be touched again, without checking anew', async () => {
    await till.ready(1);
    till.cell.glass = false;
    till.start(1);
    await till.clock.advance(0);
    expect([stage(1), problem(1)]).toEqual(['place_glass', 'machine/glass-missing']);
    till.cell.glass = true;
    till.start(1);
    await till.clock.advance(0);
    expect(stage(1)).toBe('pouring');
    expect(till.cell.poured).toHaveLength(1);
  });

  it('is started once by two touches', async () => {
    await till.ready(1);
    till.start(1);
    till.start(1);
    await till.clock.advance(0);
    till.start(1);
    await till.clock.advance(0);
    expect(till.cell.asked.filter((operation) => operation === 'start')).toHaveLength(1);
  });

  it('that is cancelled gives use and money back', async () => {
    await till.ready(1);
    till.cancel(1);
    till.cancel(1);
    await till.clock.advance(0);
    expect(till.cell.uses[0]?.stage).toBe('given up');
    expect(till.cell.checked).toBeNull();
    expect(await till.worth(till.order(1))).toBe(1000n);
    expect(till.order(1).refunded).toBe(1000n);
  });

  it('that is cancelled and started at once is either, not both', async () => {
    await till.ready(1);
    till.start(1);
    till.cancel(1);
    await till.clock.advance(0);
    expect(stage(1)).toBe('pouring');
    await till.ready(2);
    till.cell.finish();
    await till.clock.advance(5000);
    till.cancel(2);
    till.start(2);
    await till.clock.advance(0);
    expect(stage(2)).toBe('cancelled');
    expect(till.cell.poured).toEqual([idOf(1)]);
  });

  it('that is cancelled while its licence is bought gives the use back', async () => {
    await till.counter.take(wanted(1));
    till.pay(till.order(1), 1000, 1);
    await till.look();
    till.cancel(1);
    await till.clock.advance(1000);
    expect(stage(1)).toBe('cancelled');
    expect(till.cell.uses.map((use) => use.stage)).toEqual(['given up']);
    expect(await till.worth(till.order(1))).toBe(1000n);
  });

  it('that is poured in part is paid back and booked', async () => {
    await till.ready(1);
    till.start(1);
    await till.clock.advance(0);
    till.cell.finish('partial');
    await till.clock.advance(0);
    expect(till.order(1)).toMatchObject({ stage: 'partial', problem: { code: 'machine/pour-partial' } });
    expect(till.order(1).usage?.booked).toBe(true);
    expect(await till.worth(till.order(1))).toBe(1000n);
  });

  it('gets back what was paid too much, and twice too much, on one voucher', async () => {
    await till.ready(1);
    till.pay(till.order(1), 300, 1);
    await till.look();
    expect(await till.worth(till.order(1))).toBe(300n);
    const { voucher } = till.order(1).refund ?? {};
    till.pay(till.order(1), 200, 1);
    await till.look();
    expect(till.order(1).refund).toEqual({ voucher, amount: 500n });
    expect(await till.worth(till.order(1))).toBe(500n);
    till.cancel(1);
    await till.clock.advance(0);
    expect(await till.worth(till.order(1))).toBe(1500n);
  });

  it('gets late and partial money back once it is confirmed', async () => {
    const order = await till.counter.take(wanted(1));
    till.pay(order, 400, 0);
    await till.look();
    expect(problem(1)).toBe('payment/underpaid');
    await till.clock.advance(16 * 60_000);
    await till.look();
    expect([stage(1), till.order(1).refund]).toEqual(['expired', null]);
    till.mine();
    await till.look();
    expect(await till.worth(till.order(1))).toBe(400n);
  });

  it('whose look fails in a way nobody foresaw does not end the watching of others', async () => {
    await till.counter.take(wanted(1));
    await expect(till.counter.apply(idOf(9), { type: 'unknown', at: till.clock.now() })).resolves.toBeUndefined();
    const outputs = [{ txid: 'aa', vout: 0, value: null as never, confirmations: 1, blockTime: null }];
    await expect(
      till.counter.apply(idOf(1), { type: 'looked', at: till.clock.now(), outputs }),
    ).resolves.toBeUndefined();
    expect(stage(1)).toBe('payment');
  });
});

describe('a void licence', () => {
  const voided = async (): Promise<void> => {
    till.start(1);
    await till.clock.advance(0);
    await till.disconnect();
    till.cell.reboot(false);
    await till.reconnect();
    await till.clock.advance(5000);
  };

  it('is issued again, and the drink can be started again', async () => {
    await till.ready(1);
    await voided();
    expect([stage(1), till.cell.uses.length]).toEqual(['place_glass', 2]);
    till.start(1);
    await till.clock.advance(0);
    till.cell.finish();
    await till.clock.advance(0);
    expect(till.order(1)).toMatchObject({ stage: 'done', usage: { booked: true }, claims: 1 });
    expect(till.order(1).licence?.price).toBe(650n);
  });

  it('is paid back when licensing refuses another', async () => {
    till.market.reissues = 0;
    await till.ready(1);
    await voided();
    expect([stage(1), problem(1)]).toEqual(['failed', 'machine/pour-interrupted']);
    expect(await till.worth(till.order(1))).toBe(1000n);
    expect(till.order(1).usage?.booked).toBe(true);
  });

  it('is asked for again three times, then paid back', async () => {
    till.market.reissues = 99;
    await till.ready(1);
    for (let times = 0; times < 4; times += 1) {
      expect(stage(1)).toBe('place_glass');
      await voided();
    }
    expect(till.order(1)).toMatchObject({ stage: 'failed', claims: 4, usage: { booked: true } });
    expect(await till.worth(till.order(1))).toBe(1000n);
    expect(till.cell.checked).toBeNull();
  });
});

describe('a voucher', () => {
  const voucher = async (amount: number): Promise<string> =>
    (await till.vouchers.issue(satoshi(amount), till.clock.now())).code;

  it('pays, and gives its change', async () => {
    const order = await till.counter.take(wanted(1, await voucher(1700)));
    expect(order).toMatchObject({ rail: 'voucher', refund: { amount: 700n }, refunded: 0n });
    await till.clock.advance(1000);
    expect(stage(1)).toBe('place_glass');
    expect(await till.worth(order)).toBe(700n);
  });

  it('pays one order when it is sent twice at the same time', async () => {
    const code = await voucher(1000);
    const [first, same, other] = await Promise.allSettled([
      till.counter.take(wanted(1, code)),
      till.counter.take(wanted(1, code)),
      till.counter.take(wanted(2, code)),
    ]);
    expect([first?.status, same?.status, other?.status]).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(till.counter.find(idOf(2))).toBeNull();
  });

  it('comes back with its change on one code when the drink fails', async () => {
    till.market.refusal = 'offer/unknown';
    const order = await till.counter.take(wanted(1, await voucher(1700)));
    await till.clock.advance(1000);
    expect(till.order(1)).toMatchObject({ stage: 'failed', refunded: 1000n });
    expect(till.order(1).refund).toEqual({ voucher: order.refund?.voucher, amount: 1700n });
    expect(await till.worth(till.order(1))).toBe(1700n);
  });

  it('comes back on a new code when the change was spent meanwhile', async () => {
    const first = await till.counter.take(wanted(1, await voucher(2000)));
    await till.counter.take(wanted(2, first.refund?.voucher ?? ''));
    await till.clock.advance(1000);
    till.cancel(1);
    await till.clock.advance(0);
    expect(till.order(1).refund?.amount).toBe(1000n);
    expect(till.order(1).refund?.voucher).not.toBe(first.refund?.voucher);
    expect(await till.worth(till.order(1))).toBe(1000n);
  });

  it('worth too little stays good and is no wrong code', async () => {
    const code = await voucher(999);
    for (let n = 1; n <= 12; n += 1) {
      await expect(till.counter.take(wanted(n, code))).rejects.toMatchObject({ code: 'payment/voucher-too-small' });
    }
    expect(await till.vouchers.worth(code)).toBe(999n);
  });

  it('cannot be guessed: after ten wrong codes none is taken for ten minutes', async () => {
    const good = await voucher(1000);
    for (let n = 1; n <= 10; n += 1) {
      await expect(till.counter.take(wanted(n, 'WRONG'))).rejects.toMatchObject({ code: 'payment/voucher-unknown' });
      await till.clock.advance(1000);
    }
    const locked = { code: 'payment/voucher-locked', facts: { minutes: 10 } };
    await expect(till.counter.take(wanted(11, good))).rejects.toMatchObject(locked);
    await till.clock.advance(10 * 60_000);
    expect((await till.counter.take(wanted(11, good))).rail).toBe('voucher');
  });
});

describe('orders that nobody pays', () => {
  it('are taken up to forty in an hour; paid ones and vouchers do not count', async () => {
    const { code } = await till.vouchers.issue(satoshi(1000), till.clock.now());
    await till.ready(100);
    for (let n = 1; n <= 40; n += 1) await till.counter.take(wanted(n));
    await expect(till.counter.take(wanted(41))).rejects.toMatchObject({ code: 'order/too-many' });
    expect((await till.counter.take(wanted(1))).number).toBe(2);
    expect((await till.counter.take(wanted(42, code))).rail).toBe('voucher');
    await till.clock.advance(3_600_000);
    expect((await till.counter.take(wanted(41))).stage).toBe('payment');
  });

  it('are forgotten by the watcher a day after they ran out, in the database too', async () => {
    await till.counter.take(wanted(1));
    await till.clock.advance(20 * 60_000);
    await till.look();
    expect(stage(1)).toBe('expired');
    await till.clock.advance(25 * 3_600_000);
    expect(await till.counter.watched(till.clock.now())).toEqual([]);
    expect(till.store.lively()).toEqual([]);
    expect(till.order(1).stage).toBe('expired');
  });

  it('are looked at once more when the machine was off for days', async () => {
    const order = await till.counter.take(wanted(1));
    till.pay(order, 1000, 6);
    await till.clock.advance(4 * 24 * 3_600_000);
    await till.crash();
    await till.look();
    expect(stage(1)).toBe('expired');
    expect(await till.worth(till.order(1))).toBe(1000n);
  });
});
