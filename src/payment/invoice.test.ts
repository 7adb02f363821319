import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant, later, milliseconds, satoshi } from '#shared/units.ts';
import { advance } from './advance-invoice.ts';
import type { ChainOutput } from './chain-source.ts';
import {
  createInvoice,
  type Invoice,
  type InvoiceEffect,
  type InvoiceEvent,
  type InvoicePolicy,
  isOpenCase,
  isWatched,
  remaining,
  usualPolicy,
} from './invoice.ts';
import { decodeInvoice, encodeInvoice } from './invoice-record.ts';

const start = instant(1_800_000_000_000);
const minutes = (n: number) => later(start, milliseconds(n * 60_000));

function fresh(amount: number | bigint = 1000, policy: Partial<InvoicePolicy> = {}): Invoice {
  const whole = { ...usualPolicy, ...policy };
  return createInvoice({
    id: 'a',
    address: 'rb1q',
    script: '0014',
    amount: satoshi(amount),
    now: start,
    policy: whole,
  });
}

function output(id: number, value: number, confirmations = 0, blockMinute?: number): ChainOutput {
  const blockTime = blockMinute === undefined ? null : minutes(blockMinute);
  return { txid: id.toString(16).padStart(64, '0'), vout: 0, value: satoshi(value), confirmations, blockTime };
}

const looked = (minute: number, ...outputs: ChainOutput[]): InvoiceEvent => ({
  type: 'looked',
  at: minutes(minute),
  outputs,
});
const unknown = (minute: number): InvoiceEvent => ({ type: 'unknown', at: minutes(minute) });

function run(
  invoice: Invoice,
  ...events: InvoiceEvent[]
): { readonly invoice: Invoice; readonly effects: InvoiceEffect[] } {
  const effects: InvoiceEffect[] = [];
  for (const event of events) {
    const step = advance(invoice, event);
    invoice = step.invoice;
    effects.push(...step.effects);
  }
  return { invoice, effects };
}
const states = (invoice: Invoice, ...events: InvoiceEvent[]) =>
  events.map((event) => {
    invoice = advance(invoice, event).invoice;
    return invoice.state;
  });

describe('an invoice', () => {
  it('goes from new over seen and confirmed to settled when three blocks are asked for', () => {
    const events = [0, 1, 2, 3].map((confirmations) => looked(confirmations + 1, output(1, 1000, confirmations)));
    expect(states(fresh(1000, { confirmations: 3 }), ...events)).toEqual(['seen', 'confirmed', 'confirmed', 'settled']);
  });

  it('settles from the mempool where no block is asked for', () => {
    expect(states(fresh(1000, { confirmations: 0 }), looked(1, output(1, 1000)))).toEqual(['settled']);
  });

  it('stays underpaid by one satoshi and tells the rest', () => {
    const { invoice } = run(fresh(), looked(1, output(1, 999, 6)));
    expect(invoice.state).toBe('underpaid');
    expect(remaining(invoice)).toBe(1n);
  });

  it('does not release while one of two parts is unconfirmed', () => {
    const { invoice } = run(fresh(), looked(1, output(1, 600, 5), output(2, 400, 0)));
    expect(invoice).toMatchObject({ state: 'seen', released: false });
  });

  it('counts an output that is reported twice once', () => {
    const { invoice } = run(fresh(), looked(1, output(1, 600, 1), output(1, 600, 1)));
    expect(invoice).toMatchObject({ state: 'underpaid', received: 600n });
  });

  it('believes the smaller amount when a source tells two of one output', () => {
    const { invoice } = run(fresh(), looked(1, output(1, 100)), looked(2, output(1, 1000, 1)));
    expect(invoice).toMatchObject({ state: 'underpaid', received: 100n });
  });

  it('does not expire by failed looks, however late', () => {
    const { invoice, effects } = run(fresh(), unknown(1), unknown(16), unknown(10_000));
    expect(invoice).toMatchObject({ state: 'new', unknownSince: minutes(1) });
    expect(effects).toEqual([]);
  });

  it('expires at the first look after its time and grace', () => {
    expect(states(fresh(), looked(15), looked(15.5), looked(15.51))).toEqual(['new', 'new', 'expired']);
  });

  it('settles a payment that was seen in time and mined long after', () => {
    expect(states(fresh(), looked(14, output(1, 1000)), looked(60, output(1, 1000, 1)))).toEqual(['seen', 'settled']);
  });

  it('settles a payment that nobody could see in time but that was mined in time', () => {
    expect(states(fresh(), unknown(1), looked(60, output(1, 1000, 3, 14)))).toEqual(['new', 'settled']);
  });

  it('is late when first seen after its time, and owes once that is mined', () => {
    const { invoice, effects } = run(
      fresh(),
      looked(16),
      looked(17, output(1, 1000)),
      looked(30, output(1, 1000, 1, 29)),
    );
    expect(invoice).toMatchObject({ state: 'late', released: false });
    expect(effects).toEqual([
      { type: 'changed', from: 'new', to: 'expired' },
      { type: 'changed', from: 'expired', to: 'late' },
      { type: 'owe', amount: 1000n },
    ]);
  });

  it('releases late money that covers the amount when the operator honours it', () => {
    const honoured: InvoiceEvent = { type: 'honoured', at: minutes(31) };
    const late = run(fresh(), looked(30, output(1, 1000, 1, 29))).invoice;
    expect(run(late, honoured).effects).toContainEqual({ type: 'release' });
    expect(run(late, { type: 'refunded', at: minutes(30), total: satoshi(1000) }, honoured).invoice.released).toBe(
      false,
    );
    const short = run(fresh(), looked(30, output(1, 999, 1, 29))).invoice;
    expect(run(short, honoured).invoice).toMatchObject({ state: 'late', released: false });
  });

  it('owes an underpayment when its time is over', () => {
    const { effects } = run(fresh(), looked(1, output(1, 400, 2)), looked(16, output(1, 400, 3)));
    expect(effects).toContainEqual({ type: 'owe', amount: 400n });
  });

  it('owes only what is over when overpaid, and nothing once that is refunded', () => {
    const paid = run(fresh(), looked(1, output(1, 1300, 1)));
    expect(paid.invoice.state).toBe('overpaid');
    expect(paid.effects).toContainEqual({ type: 'owe', amount: 300n });
    const refunded = run(paid.invoice, { type: 'refunded', at: minutes(2), total: satoshi(300) });
    expect(refunded.effects).toContainEqual({ type: 'owe', amount: 0n });
    expect(refunded.invoice.state).toBe('settled');
  });

  it('is replaced when its only waiting payment disappears, and can still be paid', () => {
    expect(states(fresh(), looked(1, output(1, 1000)), looked(2), looked(3, output(2, 1000, 1)))).toEqual([
      'seen',
      'replaced',
      'settled',
    ]);
  });

  it('stays seen when a payment is replaced by one with a higher fee to the same address', () => {
    expect(states(fresh(), looked(1, output(1, 1000)), looked(2, output(2, 1000)))).toEqual(['seen', 'seen']);
  });

  it('is invalid when a mined payment disappears before it was deep enough', () => {
    const { invoice, effects } = run(fresh(1000, { confirmations: 2 }), looked(1, output(1, 1000, 1)), looked(2));
    expect(invoice).toMatchObject({ state: 'invalid', released: false });
    expect(effects).not.toContainEqual({ type: 'alarm' });
  });

  it('raises one alarm when released money disappears, and releases no second time when it is back', () => {
    const paid = looked(1, output(1, 1000, 1));
    const { invoice, effects } = run(fresh(), paid, looked(2), looked(3), looked(4, output(1, 1000, 1)));
    expect(invoice.state).toBe('settled');
    expect(effects.filter((effect) => effect.type === 'alarm')).toHaveLength(1);
    expect(effects.filter((effect) => effect.type === 'release')).toHaveLength(1);
  });

  it('treats what arrives after the customer gave up as late', () => {
    const closed: InvoiceEvent = { type: 'closed', at: minutes(2) };
    const { invoice } = run(fresh(), looked(1), closed, looked(3, output(1, 1000, 1, 3)));
    expect(invoice).toMatchObject({ state: 'late', released: false, watchedUntil: fresh().watchedUntil });
  });

  it('is watched for a day after it ran out, and until one look has told what had come by then', () => {
    const known = run(fresh(), looked(16)).invoice;
    expect(isWatched(known, minutes(15 + 24 * 60))).toBe(true);
    expect(isWatched(known, minutes(15 + 24 * 60 + 1))).toBe(false);
    for (const early of [fresh(), run(fresh(), looked(14)).invoice, run(fresh(), unknown(16)).invoice]) {
      expect(isWatched(early, minutes(15 + 24 * 60 + 1))).toBe(true);
    }
  });

  it('is an open case when it ended unclear, and none while it is watched or ended well', () => {
    const afterwards = minutes(15 + 24 * 60 + 1);
    const unclear = run(fresh(), looked(1), unknown(2)).invoice;
    const seen = run(fresh(), looked(1, output(1, 1000))).invoice;
    const settled = run(fresh(), looked(1, output(1, 1000, 1))).invoice;
    expect([unclear, seen, settled].map((invoice) => isOpenCase(invoice, afterwards))).toEqual([true, true, false]);
    expect([unclear, seen, settled].map((invoice) => isOpenCase(invoice, minutes(3)))).toEqual([false, false, false]);
    expect(isOpenCase(run(settled, looked(2)).invoice, minutes(3))).toBe(true);
  });

  it('survives being kept as text', () => {
    const { invoice } = run(fresh(), looked(1, output(1, 400, 2)), unknown(2));
    expect(decodeInvoice(encodeInvoice(invoice))).toEqual(invoice);
    const broken = encodeInvoice(invoice).replace('"confirmations":1', '"confirmations":-1');
    expect(() => decodeInvoice(broken)).toThrow('confirmations');
  });

  it('cannot ask for nothing', () => {
    expect(() => fresh(0)).toThrow(RangeError);
  });
});

const anyOutput = fc
  .record({
    id: fc.integer({ min: 1, max: 5 }),
    value: fc.integer({ min: 0, max: 1500 }),
    depth: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ id, value, depth }) => output(id, value, depth));
const anyEvent: fc.Arbitrary<InvoiceEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.array(anyOutput, { maxLength: 4 }))
      .map(([at, all]) => looked(at, ...all)),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }).map(unknown) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 40 }).map((at): InvoiceEvent => ({ type: 'closed', at: minutes(at) })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 40 }).map((at): InvoiceEvent => ({ type: 'honoured', at: minutes(at) })),
  },
);
const anyPolicy = fc.record({ confirmations: fc.integer({ min: 0, max: 2 }) });

describe('any course of an invoice', () => {
  it('releases at most once, and only on money that is deep enough at that look', () => {
    fc.assert(
      fc.property(anyPolicy, fc.array(anyEvent, { maxLength: 12 }), (policy, events) => {
        let invoice = fresh(1000, policy);
        let releases = 0;
        for (const event of events) {
          const step = advance(invoice, event);
          invoice = step.invoice;
          if (!step.effects.some((effect) => effect.type === 'release')) continue;
          releases += 1;
          const deep = invoice.payments.filter((p) => !p.gone && p.confirmations >= policy.confirmations);
          expect(deep.reduce((sum, p) => sum + p.value, 0n)).toBeGreaterThanOrEqual(1000n);
        }
        expect(releases).toBe(invoice.released ? 1 : 0);
      }),
    );
  });

  it('is not changed by a failed look', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 8 }), fc.integer({ min: 0, max: 9999 }), (events, at) => {
        const { invoice } = run(fresh(), ...events);
        const after = advance(invoice, unknown(at));
        expect(after.effects).toEqual([]);
        expect({ ...after.invoice, unknownSince: null }).toEqual({ ...invoice, unknownSince: null });
      }),
    );
  });

  it('says the same when one look is reported twice', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 8 }), anyEvent, (events, last) => {
        const once = run(fresh(), ...events, last).invoice;
        expect(advance(once, last)).toEqual({ invoice: once, effects: [] });
      }),
    );
  });

  it('ends alike however an amount is divided over outputs and transactions', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.array(fc.boolean()), (values, together) => {
        const outputs = values.map((value, i) => {
          const sameTransaction = together[i] ?? false;
          return { ...output(sameTransaction ? 99 : i + 1, value, 1), vout: i };
        });
        const total = values.reduce((sum, value) => sum + value, 0);
        const divided = run(fresh(), looked(1, ...outputs)).invoice;
        const whole = run(fresh(), looked(1, output(1, total, 1))).invoice;
        expect([divided.state, divided.received]).toEqual([whole.state, whole.received]);
      }),
    );
  });

  it('owes exactly what is deep enough and not kept, once it is released or over', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 10 }), (events) => {
        const { invoice, effects } = run(fresh(), ...events);
        const owed = effects.reduce((last, effect) => (effect.type === 'owe' ? effect.amount : last), satoshi(0));
        const firm = invoice.payments
          .filter((payment) => !payment.gone && payment.confirmations >= 1)
          .reduce((sum, payment) => sum + payment.value, 0n);
        const kept = invoice.released ? 1000n : 0n;
        const isDue = invoice.released || invoice.state === 'expired' || invoice.state === 'late';
        expect(owed).toBe(isDue && firm > kept ? firm - kept : 0n);
      }),
    );
  });
});
