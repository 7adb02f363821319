import type { DrinkView, OrderView } from '#wire/screen-api.ts';
import type { Sentence } from '#wire/sentences/sentence.ts';
import type { TextKey } from '../texts/texts.ts';
import { namedFacts } from './named-facts.ts';
import type { Screen } from './screen-context.ts';
import { moneyMoved } from './state/idle.ts';

/** What the failure page says. */
export interface FailureText extends Sentence {
  readonly title: TextKey;
}

type Words = Pick<Screen, 'text' | 'sentence' | 'sat' | 'ml' | 'state'>;

/**
 * The three answers for an order that ended badly. About the money the order itself is asked first: a voucher, or that
 * nothing was paid, is more than a general sentence can know.
 */
export function failureText(words: Words, order: OrderView, drink: DrinkView | null): FailureText {
  const said = words.sentence(namedFacts(problemOf(order), drink, words.state.language));
  return {
    title: titleOf(order),
    what: [whatOf(words, order, said), pouredOf(words, order)].filter((part) => part !== '').join(' '),
    money: moneyOf(words, order, said),
    todo: order.refund === null ? said.todo : words.text('failure.todo_refund'),
  };
}

function problemOf(order: OrderView) {
  if (order.problem !== null) return order.problem;
  return { code: order.state === 'expired' ? 'payment/expired' : 'machine/pour-interrupted', facts: {} };
}

function titleOf(order: OrderView): TextKey {
  if (order.state === 'partial') return 'failure.partial';
  if (order.state === 'cancelled') return 'failure.cancelled';
  return order.state === 'expired' ? 'failure.expired' : 'failure.title';
}

function whatOf({ text }: Words, order: OrderView, said: Sentence): string {
  return order.state === 'cancelled' && order.problem === null ? text('failure.cancelled_what') : said.what;
}

function pouredOf({ text, ml }: Words, { state, receipt }: OrderView): string {
  // after a power cut nobody knows
  if (state !== 'partial' || receipt === null || receipt.delivered_ul === 0) return '';
  return text('failure.poured', { delivered: ml(receipt.delivered_ul), ordered: ml(receipt.ordered_ul) });
}

function moneyOf({ text, sat }: Words, order: OrderView, said: Sentence): string {
  if (order.refund !== null) return text('failure.refund', { amount: sat(order.refund.amount_sat) });
  if (!moneyMoved(order)) return text('failure.not_charged');
  if (order.state === 'cancelled') return text('failure.money_cancelled');
  return said.money === '' ? text('failure.money_open', { number: order.number }) : said.money;
}
