import { advance as advanceInvoice } from '#payment/advance-invoice.ts';
import type { Invoice } from '#payment/invoice.ts';
import { hex } from '#shared/entropy.ts';
import { unreachable } from '#shared/failure.ts';
import { type FailureCode, knownFailureCode } from '#shared/failure-codes.ts';
import { type Instant, satoshi } from '#shared/units.ts';
import type { BatchResult } from '#wire/cell-api.ts';
import { isClosed, isStarting, isVoid, type Order, type OrderEffect, type OrderEvent, type Problem } from './order.ts';
import { isMoneyLost } from './order-money.ts';
import { pending } from './pending.ts';

export interface OrderStep {
  readonly order: Order;
  readonly effects: readonly OrderEffect[];
}

type Event<T extends OrderEvent['type']> = Extract<OrderEvent, { type: T }>;

/** How often a licence that was burned without a drop is asked for again; after that the money goes back. */
export const maxReissues = 3;

/**
 * The order after an event, and what is to be done. Pure; an event that does not fit the stage answers the very same order
 * and nothing to do.
 */
export function advance(order: Order, event: OrderEvent): OrderStep {
  const next = after(order, event);
  if (next === order) return { order, effects: [] };
  const once: OrderEffect[] = [];
  if (event.type === 'start') once.push('pour');
  if (event.type === 'not_started' && event.recheck) once.push('check');
  if (leavesUse(order, next)) once.push('release');
  return { order: next, effects: [...once, ...pending(next)] };
}

function after(order: Order, event: OrderEvent): Order {
  switch (event.type) {
    case 'invoiced':
      return invoiced(order, event);
    case 'invoice':
      return invoiceChanged(order, event);
    case 'released':
      return order.stage === 'payment' ? letGo(order, event.at) : order;
    case 'licensed':
      return licensed(order, event);
    case 'checked':
      return checked(order);
    case 'start':
      return started(order, event.at);
    case 'not_started':
      return notStarted(order, event);
    case 'burned':
      return mayPour(order) ? pouring(order, event.at) : order;
    case 'percent':
      return percent(order, event);
    case 'ended':
      return ended(order, event);
    case 'booked':
      return order.usage === null || order.usage.booked ? order : booked(order);
    case 'claim_refused':
      return order.stage === 'licence' && isVoid(order) ? fail(booked(order), interrupted, event.at) : order;
    case 'failed':
      return mayFail(order, event.by) ? fail(order, event.problem, event.at) : order;
    case 'hint':
      return isClosed(order) ? order : withProblem(order, event.problem);
    case 'refunded':
      return refunded(order, event);
    case 'cancel':
      return isCancellable(order) ? cancelled(order, event.at) : order;
    case 'stepped_back':
      return isWaitingForStart(order) ? { ...order, stage: 'licence', queuedAt: event.at, problem: null } : order;
    case 'broke':
      return broke(order, event);
    default:
      return unreachable(event);
  }
}

const interrupted: Problem = { code: 'machine/pour-interrupted', facts: {} };

/** Whether the customer may still give the order up: until start is touched. */
export function isCancellable(order: Order): boolean {
  return ['payment', 'confirming', 'licence'].includes(order.stage) || isWaitingForStart(order);
}

/** Checked, and nobody has touched start. */
export function isWaitingForStart(order: Order): boolean {
  return order.stage === 'place_glass' && !isStarting(order);
}

/** Whether the order has just come to its end with a use set aside that was not burned. */
function leavesUse(before: Order, next: Order): boolean {
  if (!isClosed(next) || next.licence === null || next.batch !== before.batch) return false;
  return !isVoid(next) && (!isClosed(before) || before.licence === null);
}

function withProblem(order: Order, problem: Problem | null): Order {
  return JSON.stringify(problem) === JSON.stringify(order.problem) ? order : { ...order, problem };
}

function invoiced(order: Order, { invoice, uri, at }: Event<'invoiced'>): Order {
  // of a cancelled order nobody has seen the address
  if (order.stage !== 'payment' || order.invoice !== null) return order;
  return { ...order, invoice, invoiceUri: uri, problem: null, times: { ...order.times, invoiced: at } };
}

function invoiceChanged(order: Order, { invoice, at }: Event<'invoice'>): Order {
  if (order.invoice === null) return order;
  const next = { ...order, invoice };
  if (order.stage === 'expired' && invoice.state === 'late') return withProblem(next, late);
  if (order.stage === 'licence' || order.stage === 'place_glass') return lostOrFound(order, next);
  if (order.stage !== 'payment' && order.stage !== 'confirming') return next;
  if (invoice.released) return letGo(next, at);
  if (isOver(invoice)) {
    return {
      ...next,
      stage: 'expired',
      problem: invoice.state === 'late' ? late : { code: 'payment/expired', facts: {} },
    };
  }
  if (invoice.state === 'underpaid') {
    const missing = (invoice.amount - invoice.received).toString();
    return { ...next, stage: 'payment', problem: { code: 'payment/underpaid', facts: { missing } } };
  }
  const waiting = ['seen', 'confirmed'].includes(invoice.state);
  return { ...next, stage: waiting ? 'confirming' : 'payment', problem: null };
}

const late: Problem = { code: 'payment/late', facts: {} };

function isOver({ state, lookedAt, expiresAt, grace }: Invoice): boolean {
  if (state === 'expired' || state === 'late') return true;
  return state === 'invalid' && lookedAt !== null && lookedAt > expiresAt + grace;
}

/** A paid drink is not poured while the chain has lost its payment. */
function lostOrFound(before: Order, next: Order): Order {
  if (isMoneyLost(next)) return withProblem(next, { code: 'payment/reorganised', facts: {} });
  return isMoneyLost(before) ? withProblem(next, null) : next;
}

function letGo(order: Order, at: Instant): Order {
  return { ...order, stage: 'licence', problem: null, times: { ...order.times, paid: at } };
}

function licensed(order: Order, { purchase, at }: Event<'licensed'>): Order {
  // bought while the customer gave up: noted, so that the use is given back
  if (isClosed(order)) return order.licence === null ? { ...order, licence: purchase } : order;
  const due = order.licence === null || (isVoid(order) && order.licence.cti !== purchase.cti);
  if (order.stage !== 'licence' || !due) return order;
  return {
    ...order,
    licence: purchase,
    queuedAt: order.queuedAt ?? at,
    problem: null,
    times: { ...order.times, licensed: order.times.licensed ?? at },
  };
}

function checked(order: Order): Order {
  if (isWaitingForStart(order)) return isMoneyLost(order) ? order : withProblem(order, null);
  if (order.stage !== 'licence' || order.licence === null || isVoid(order)) return order;
  return { ...order, stage: 'place_glass', problem: isMoneyLost(order) ? order.problem : null };
}

function started(order: Order, at: Instant): Order {
  if (!isWaitingForStart(order) || isMoneyLost(order)) return order;
  return { ...order, problem: null, times: { ...order.times, started: at } };
}

function unstarted(order: Order): Order {
  const { started: _started, firstStep: _firstStep, ended: _ended, ...times } = order.times;
  return { ...order, percent: 0, times };
}

function notStarted(order: Order, { problem }: Event<'not_started'>): Order {
  if (!isStarting(order) && order.stage !== 'pouring') return order;
  // it keeps the station: the cell may hold it checked still
  return { ...unstarted(order), stage: 'place_glass', problem };
}

/** The cell is believed that it pours, even where desk had lost sight of the start. */
function mayPour(order: Order): boolean {
  return order.stage === 'place_glass' || (order.stage === 'licence' && order.licence !== null && !isVoid(order));
}

function pouring(order: Order, at: Instant): Order {
  return { ...order, stage: 'pouring', problem: null, times: { ...order.times, firstStep: at } };
}

function percent(order: Order, event: Event<'percent'>): Order {
  const next = mayPour(order) ? pouring(order, event.at) : order;
  if (next.stage !== 'pouring' || (next === order && event.percent <= order.percent && order.problem === null)) {
    return order;
  }
  return { ...next, percent: Math.max(next.percent, event.percent), problem: null };
}

function booked(order: Order): Order {
  const usage = order.usage === null ? null : { ...order.usage, booked: true };
  return { ...order, usage, broken: mended(order, 'book') };
}

/** What broke and was done in the end needs nobody any more. */
function mended({ broken }: Order, effect: OrderEffect): Order['broken'] {
  return broken?.effect === effect ? null : broken;
}

function ended(order: Order, { batch, usage, at }: Event<'ended'>): Order {
  // told again, or of a licence that another one has replaced
  if (order.licence === null || hex(batch.cti) !== order.licence.cti || order.usage?.message === usage) return order;
  if (isClosed(order)) return endedAfterAll(order, batch, usage, at);
  const next = { ...order, batch, usage: { message: usage, booked: false }, times: { ...order.times, ended: at } };
  if (batch.void_claim) return voided(next, at);
  if (batch.result === 'ok') return { ...next, stage: 'done', percent: 100, problem: null };
  return { ...next, stage: batch.result, problem: { code: codeOf(batch), facts: factsOf(batch) } };
}

/** An order that was given up has ended in the cell all the same. Poured without pay: a person must look. */
function endedAfterAll(order: Order, batch: BatchResult, usage: string, at: Instant): Order {
  if (order.usage !== null) return order;
  const next = { ...order, batch, usage: { message: usage, booked: false } };
  return batch.void_claim ? next : { ...next, broken: order.broken ?? { effect: 'settle', at } };
}

/** Burned, nothing poured: licensing issues the licence again, a few times. */
function voided(order: Order, at: Instant): Order {
  const next = { ...unstarted(order), claims: order.claims + 1 };
  return next.claims > maxReissues ? fail(next, interrupted, at) : { ...next, stage: 'licence', problem: null };
}

function codeOf({ reason, result }: BatchResult): FailureCode {
  if (reason === 'power-cut') return 'machine/power-cut';
  // what was wrong with the recipe or the pumps says more than that the drink is not whole
  const cause = knownFailureCode(reason);
  if (cause !== undefined && /^(recipe|dispenser)\//.test(cause)) return cause;
  return result === 'failed' ? 'machine/pour-interrupted' : 'machine/pour-partial';
}

function factsOf({ ordered_ul, delivered_ul, reason }: BatchResult): Problem['facts'] {
  return { ordered_ul: String(ordered_ul), delivered_ul: String(delivered_ul), reason };
}

function mayFail(order: Order, by: OrderEffect): boolean {
  switch (by) {
    case 'invoice':
      return order.stage === 'payment' && order.invoice === null;
    case 'buy':
      return order.stage === 'licence' && order.licence === null;
    case 'check':
      return order.stage === 'licence' || isWaitingForStart(order);
    case 'pour':
      return isStarting(order);
    case 'book':
      // without an answer to its claim no other licence comes
      return order.stage === 'licence' && isVoid(order);
    case 'settle':
    case 'release':
    case 'refund':
      return false;
    default:
      return unreachable(by);
  }
}

function fail(order: Order, problem: Problem, at: Instant): Order {
  return { ...order, stage: 'failed', problem, invoice: closed(order.invoice, at) };
}

function cancelled(order: Order, at: Instant): Order {
  return { ...order, stage: 'cancelled', problem: null, invoice: closed(order.invoice, at) };
}

/** What is paid from now on is late. */
function closed(invoice: Invoice | null, at: Instant): Invoice | null {
  return invoice === null ? null : advanceInvoice(invoice, { type: 'closed', at }).invoice;
}

function refunded(order: Order, { voucher, amount, worth }: Event<'refunded'>): Order {
  const back = { refund: { voucher, amount: worth }, refunded: satoshi(order.refunded + amount) };
  return { ...order, ...back, broken: mended(order, 'refund') };
}

function broke(order: Order, { effect, at }: Event<'broke'>): Order {
  const next: Order = { ...order, broken: order.broken ?? { effect, at } };
  const problem: Problem = { code: 'order/broken', facts: { number: String(order.number) } };
  // nothing is poured yet: the money can go back, whatever it was
  if (effect !== 'pour' && mayFail(order, effect)) return fail(next, problem, at);
  return isClosed(order) ? next : { ...next, problem };
}
