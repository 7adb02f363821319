import { describe, expect, it } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { failureText } from './failure-text.ts';
import { receiptLines, receiptText } from './receipt-lines.ts';
import { screenFor } from './screen-context.ts';
import { sampleDrink, sampleOrder, sampleScreen } from './state/sample-order.ts';

const words = screenFor(
  sampleScreen(),
  () => undefined,
  () => '',
);
const told = (by: Partial<OrderView>) => failureText(words, { ...sampleOrder, ...by }, sampleDrink);

const receipt = {
  order: sampleOrder.id,
  number: 17,
  drink: 'lagoon',
  at_ms: 0,
  ordered_ul: 200_000,
  delivered_ul: 120_000,
  licence: 'abc',
  price_sat: 1_000,
  licence_sat: 400,
  split: { licensor_sat: 360, marketplace_sat: 40 },
  txid: null,
  usage: '',
  usage_accepted: false,
};

describe('what is said when something went wrong', () => {
  it('tells how much was poured before a power cut', () => {
    const problem = { code: 'machine/power-cut', facts: {} };
    expect(told({ state: 'partial', problem, receipt }).what).toContain('120\u00a0ml of 200\u00a0ml');
  });

  it('names the amount of a voucher rather than a general sentence', () => {
    const refund = { voucher: 'ABC', amount_sat: 1_000 };
    const { money, todo } = told({ state: 'failed', problem: { code: 'token/failed', facts: {} }, refund });
    expect(money).toContain('1,000\u00a0sat');
    expect(todo).toContain('voucher');
  });

  it('says that nothing was charged when nothing arrived', () => {
    expect(told({ state: 'expired' })).toMatchObject({ title: 'failure.expired', money: 'Nothing was charged.' });
  });

  it('does not say so when money had arrived', () => {
    const invoice = sampleOrder.invoice === null ? null : { ...sampleOrder.invoice, received_sat: 500 };
    expect(told({ state: 'failed', invoice, problem: { code: 'message/malformed', facts: {} } }).money).toBe(
      'Your payment is recorded under order 17. Please show this screen to the staff.',
    );
  });

  it('calls an ingredient by its name, not by its id', () => {
    const problem = { code: 'machine/ingredient-missing', facts: { ingredient: 'lime' } };
    expect(told({ state: 'failed', problem }).what).toBe('Used up or not loaded: lime juice.');
  });
});

describe('a receipt', () => {
  const lines = receiptLines(words, receipt, 'At the window', sampleDrink);
  const value = (key: string) => lines.find((line) => line.key === key)?.value;

  it('splits the price into three shares that add up to it', () => {
    expect([value('share_machine'), value('share_licensor'), value('share_marketplace')]).toEqual([
      '600\u00a0sat',
      '360\u00a0sat',
      '40\u00a0sat',
    ]);
  });

  it('says that a voucher paid when there is no transaction', () => {
    expect(value('txid')).toBe('paid by voucher');
  });

  it('is the same as text, line by line', () => {
    expect(receiptText(words, lines).split('\n')).toHaveLength(lines.length + 1);
    expect(receiptText(words, lines)).toContain('Delivered: 120\u00a0ml of 200\u00a0ml');
  });
});
