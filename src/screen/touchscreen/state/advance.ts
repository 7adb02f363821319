import { unreachable } from '#shared/failure.ts';
import type { NewOrder, OrderView } from '#wire/screen-api.ts';
import { idleLeftMs, moneyMoved } from './idle.ts';
import { pageOf } from './page-of.ts';
import type { Asked, ScreenEffect, ScreenEvent, ScreenState } from './screen-state.ts';

/** The state after an event, and what is to be done because of it. */
export interface Advanced {
  readonly state: ScreenState;
  readonly effects: readonly ScreenEffect[];
}

/** A second tap so soon after the waking one belongs to it, not to a tile. */
const wakeTapMs = 350;

const still = (state: ScreenState): Advanced => ({ state, effects: [] });

/** What the touchscreen does about `event`. Pure: whoever calls it performs the effects. */
export function advance(state: ScreenState, event: ScreenEvent): Advanced {
  switch (event.type) {
    case 'menu':
      return still({ ...state, menu: event.menu });
    case 'order':
      return orderArrived(state, event.order);
    case 'refused':
      return refused(state, event.asked, event.problem);
    case 'link':
      return linkChanged(state, event.up);
    case 'restored':
      return restored(state, event.order);
    case 'tick':
      return ticked({ ...state, now: event.now });
    case 'touched':
      return still({ ...state, touchedAt: state.now });
    case 'woken':
      return still({ ...state, awake: true, wokenAt: state.now, touchedAt: state.now });
    case 'language':
      return still({ ...state, language: event.language });
    case 'page-turned':
      return still({ ...state, tilePage: Math.max(0, event.to) });
    case 'panel':
      return still({ ...state, panel: event.panel, refusal: null });
    case 'drink-chosen':
      return still(state.now - state.wokenAt < wakeTapMs ? state : { ...state, drink: event.drink, refusal: null });
    case 'back':
      return { state: { ...state, ...noChoice, awake: true }, effects: abandonPending(state) };
    case 'drink-ordered':
      return drinkOrdered(state, event.id);
    case 'voucher-entered':
      return voucherEntered(state, event.id, event.voucher);
    case 'start':
    case 'stop':
    case 'hold':
    case 'resume':
    case 'cancel':
      return ask(state, event.type);
    case 'noted':
      return still(withNoted(state));
    case 'left':
      return { state: home(withNoted(state), event.to === 'drinks'), effects: [{ type: 'forget' }] };
    case 'resumed':
      return resumed(state, event.id);
    default:
      return unreachable(event);
  }
}

const noChoice = { drink: null, panel: 'none', pending: null, asked: null, refusal: null } as const;

function home(state: ScreenState, awake: boolean): ScreenState {
  const language = awake ? state.language : state.defaultLanguage;
  return { ...state, ...noChoice, language, awake, order: null, restoring: false, tilePage: 0, touchedAt: state.now };
}

function abandonPending({ pending }: ScreenState): ScreenEffect[] {
  return pending === null ? [] : [{ type: 'abandon', id: pending.id }, { type: 'forget' }];
}

function orderArrived(state: ScreenState, order: OrderView): Advanced {
  if (order.id === state.pending?.id) return pendingAnswered(state, order);
  if (order.id === state.order?.id) return forgetting(followed(state, order));
  return still({ ...state, waiting: withWaiting(state, order) });
}

function forgetting(state: ScreenState): Advanced {
  return { state, effects: state.order === null ? [{ type: 'forget' }] : [] };
}

function pendingAnswered(state: ScreenState, order: OrderView): Advanced {
  const replaced = state.order;
  const next = { ...followed(state, order), pending: null, panel: 'none', touchedAt: state.now } as const;
  const abandon: ScreenEffect[] = replaced === null ? [] : [{ type: 'abandon', id: replaced.id }];
  return { state: next, effects: [{ type: 'remember', id: order.id }, ...abandon] };
}

/** The order that this screen follows has changed; what was asked for is answered when its state moves. */
function followed(state: ScreenState, order: OrderView): ScreenState {
  if (order.state === 'cancelled' && !moneyMoved(order)) return home(state, state.asked === 'cancel');
  const moved = order.id !== state.order?.id || order.state !== state.order.state;
  if (!moved) return { ...state, order, asked: stillAsked(state.asked, order), refusal: stillRefused(state, order) };
  return { ...state, order, awake: true, asked: null, refusal: null, panel: 'none', touchedAt: state.now };
}

/** What is still unanswered: a problem without a change of state is an answer too, no glass, say. */
function stillAsked(asked: Asked | null, { problem }: OrderView): Asked | null {
  if (asked === 'stop') return asked;
  if (asked === 'resume') return problem?.code === 'machine/held' ? asked : null;
  return problem === null ? asked : null;
}

/** A refusal is old news once something else holds the order up, or nothing does. */
function stillRefused({ refusal, order: before }: ScreenState, { problem }: OrderView): ScreenState['refusal'] {
  return before?.problem?.code === problem?.code ? refusal : null;
}

const openStates: readonly OrderView['state'][] = ['confirming', 'licence', 'place_glass', 'pouring'];

/** Paid orders that go on, and vouchers that came after the customer had left (for a late payment, say). */
function withWaiting({ waiting, noted }: ScreenState, order: OrderView): readonly OrderView[] {
  const others = waiting.filter((one) => one.id !== order.id);
  const voucherWaits = order.refund !== null && !noted.includes(order.refund.voucher);
  return openStates.includes(order.state) || voucherWaits ? [...others, order] : others;
}

function withNoted(state: ScreenState): ScreenState {
  const voucher = state.order?.refund?.voucher;
  return voucher === undefined ? state : { ...state, noted: [...state.noted, voucher] };
}

function refused(state: ScreenState, asked: Asked, problem: ScreenState['refusal']): Advanced {
  const next = { ...state, asked: null, refusal: problem, touchedAt: state.now };
  // beside an order that stands, a refused voucher leaves everything as it was
  if (asked === 'place' && state.order !== null) {
    return { state: { ...next, pending: null }, effects: [{ type: 'remember', id: state.order.id }] };
  }
  return still(next);
}

function linkChanged(state: ScreenState, up: boolean): Advanced {
  const effects: ScreenEffect[] = up && state.order !== null ? [{ type: 'fetch', id: state.order.id }] : [];
  return {
    state: {
      ...state,
      connected: up,
      waiting: up ? state.waiting.filter(({ refund }) => refund !== null) : state.waiting,
    },
    effects,
  };
}

function restored(state: ScreenState, order: OrderView | null): Advanced {
  if (order === null) return { state: home(state, false), effects: [{ type: 'forget' }] };
  return { state: followed({ ...state, restoring: false }, order), effects: [{ type: 'remember', id: order.id }] };
}

/** After so long the button that was touched may be touched again. */
const askAgainMs = 15_000;

function ticked(state: ScreenState): Advanced {
  const unanswered = state.asked !== null && state.asked !== 'place' && state.now - state.askedAt > askAgainMs;
  if (unanswered) return still({ ...state, asked: null, touchedAt: state.now });
  if (idleLeftMs(state) !== 0) return still(state);
  const page = pageOf(state);
  if (page.name === 'pay') {
    return { state: home(state, false), effects: [{ type: 'abandon', id: page.order.id }, { type: 'forget' }] };
  }
  const effects = abandonPending(state);
  return { state: home(state, false), effects: effects.length > 0 ? effects : [{ type: 'forget' }] };
}

function drinkOrdered(state: ScreenState, id: string): Advanced {
  if (state.drink === null || state.asked !== null) return still(state);
  // a repeat after a lost answer is the same order
  const again = state.pending?.drink === state.drink ? state.pending : null;
  const order: NewOrder = again ?? { id, drink: state.drink, voucher: null };
  return { state: { ...state, pending: order, asked: 'place', refusal: null }, effects: [{ type: 'place', order }] };
}

function voucherEntered(state: ScreenState, id: string, voucher: string): Advanced {
  if (state.order === null || state.asked !== null) return still(state);
  const order: NewOrder = { id, drink: state.order.drink, voucher };
  return { state: { ...state, pending: order, asked: 'place', refusal: null }, effects: [{ type: 'place', order }] };
}

function ask(state: ScreenState, asked: Exclude<Asked, 'place'>): Advanced {
  // Stop always goes through, whatever else is still unanswered
  if (state.order === null || (state.asked !== null && asked !== 'stop')) return still(state);
  const next = { ...state, asked, askedAt: state.now, refusal: null, panel: 'none' } as const;
  return { state: next, effects: [{ type: 'ask', asked, id: state.order.id }] };
}

function resumed(state: ScreenState, id: string): Advanced {
  const order = state.waiting.find((one) => one.id === id);
  if (order === undefined) return still(state);
  const waiting = state.waiting.filter((one) => one.id !== id);
  return { state: followed({ ...state, waiting }, order), effects: [{ type: 'remember', id }] };
}
