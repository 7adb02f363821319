import { describe, expect, it } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { advance } from './advance.ts';
import { idleLeftMs, idleWarningMs } from './idle.ts';
import { pageOf } from './page-of.ts';
import { sampleOrder, sampleScreen } from './sample-order.ts';

const withOrder = (by: Partial<OrderView>) => sampleScreen({ order: { ...sampleOrder, ...by } });
const received = (received_sat: number) => ({
  invoice: sampleOrder.invoice === null ? null : { ...sampleOrder.invoice, received_sat },
});

describe('an idle screen', () => {
  it('goes back to its beginning after 60 seconds of choosing, in the first language', () => {
    const choosing = sampleScreen({ drink: 'lagoon', language: 'de' });
    expect(pageOf(advance(choosing, { type: 'tick', now: 59_999 }).state).name).toBe('drink');
    const { state } = advance(choosing, { type: 'tick', now: 60_000 });
    expect(pageOf(state).name).toBe('attract');
    expect(state.language).toBe('en');
  });

  it('warns at least 20 seconds before, and not when it was touched meanwhile', () => {
    const at = (now: number) => idleWarningMs(sampleScreen({ now }));
    expect(at(34_999)).toBeNull();
    expect(at(35_000)).toBe(25_000);
    const touched = advance(sampleScreen({ now: 50_000 }), { type: 'touched' }).state;
    expect(idleWarningMs(touched)).toBeNull();
  });

  it('cancels an unpaid order after 120 seconds', () => {
    const { state, effects } = advance(withOrder({}), { type: 'tick', now: 120_000 });
    expect(pageOf(state).name).toBe('attract');
    expect(effects).toEqual([{ type: 'abandon', id: sampleOrder.id }, { type: 'forget' }]);
    expect(idleLeftMs({ ...withOrder({}), now: 119_000 })).toBe(1_000);
  });

  it.each([
    ['part of the money has arrived', received(1)],
    ['the payment is being confirmed', { state: 'confirming' }],
    ['the licence is fetched', { state: 'licence' }],
    ['the glass is waited for', { state: 'place_glass' }],
    ['a drink is poured', { state: 'pouring' }],
    ['a pour was cut short', { state: 'partial' }],
    ['a pour failed', { state: 'failed' }],
    ['a voucher is shown', { state: 'cancelled', refund: { voucher: 'ABC', amount_sat: 1 } }],
  ] as const)('never resets while %s', (_why, by) => {
    const state = withOrder(by);
    expect(idleLeftMs({ ...state, now: 10_000_000 })).toBeNull();
    expect(advance(state, { type: 'tick', now: 10_000_000 }).state.order).not.toBeNull();
  });

  it('does not take away the change of a voucher', () => {
    const change = withOrder({ state: 'done', refund: { voucher: 'ABC', amount_sat: 1 } });
    expect(pageOf(change).name).toBe('receipt');
    expect(idleLeftMs({ ...change, now: 10_000_000 })).toBeNull();
  });

  it('leaves the receipt and an expired, unpaid order after 60 seconds', () => {
    for (const state of ['done', 'expired'] as const) {
      expect(pageOf(advance(withOrder({ state }), { type: 'tick', now: 60_000 }).state).name).toBe('attract');
    }
  });
});
