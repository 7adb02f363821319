import { advance as advanceInvoice } from '#payment/advance-invoice.ts';
import type { InvoiceEffect, InvoiceEvent } from '#payment/invoice.ts';
import type { InvoiceShelf } from '#payment/invoice-watcher.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, invariant, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds, type Satoshi, satoshi } from '#shared/units.ts';
import type { NewOrder } from '#wire/screen-api.ts';
import type { Shelf } from '../catalogue/shelf.ts';
import { advance, isClosed, type Order, type OrderEffect, type OrderEvent, type Problem, resume } from './order.ts';
import type { OrderStore } from './order-store.ts';

/** Does what an order's state machine asks for, and tells what came of it by events. */
export type Fulfil = (order: Order, effect: OrderEffect, counter: Counter) => Promise<void>;

export interface CounterPorts {
  readonly store: OrderStore;
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly log: Log;
  readonly margin: Satoshi;
  /** Redeems a voucher for an order; answers the code for what is left of it, if anything is. */
  redeem(code: string, price: Satoshi, order: string): Promise<{ code: string; amount: Satoshi } | null>;
  readonly fulfil: Fulfil;
}

/** Failures that pass: the effect is tried again, the customer sees a hint meanwhile. */
const passing = [
  'machine/cell-unreachable',
  'marketplace/unreachable',
  'payment/unknown',
  'machine/busy',
  'licence/prekeys-missing',
  'message/timed-out',
] as const;
const retryMs = 1000;

/** Where orders are taken and seen through: one place that advances, keeps and tells them. */
export class Counter implements InvoiceShelf {
  readonly #ports: CounterPorts;
  readonly #listeners: ((order: Order) => void)[] = [];
  readonly #timers = new Set<Disposable>();
  #closed = false;

  constructor(ports: CounterPorts) {
    this.#ports = ports;
  }

  onChange(listener: (order: Order) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes an order; the same id again answers the same order. */
  async take(wanted: NewOrder): Promise<Order> {
    const { store, clock } = this.#ports;
    const before = store.find(wanted.id);
    if (before !== null) return before;
    const drink = this.#ports.shelf.find(wanted.drink);
    if (drink === null) throw new Failure('recipe/unknown', { drink: wanted.drink });
    const { listing } = drink;
    const price = satoshi(BigInt(listing.price_sat) + this.#ports.margin);
    const rest = wanted.voucher === null ? null : await this.#ports.redeem(wanted.voucher, price, wanted.id);
    const order: Order = {
      id: wanted.id,
      number: store.nextNumber(),
      drink: listing.slug,
      recipe: listing.recipe,
      version: listing.version,
      manifest: listing.manifest,
      price,
      rail: wanted.voucher !== null ? 'voucher' : price === 0n ? 'free' : 'bitcoin',
      stage: 'payment',
      invoice: null,
      invoiceUri: '',
      voucherPaid: satoshi(wanted.voucher === null ? 0n : price),
      licence: null,
      percent: 0,
      batch: null,
      usage: null,
      problem: null,
      refund: rest === null ? null : { voucher: rest.code, amount: rest.amount },
      refunded: satoshi(0),
      times: { ordered: clock.now() },
    };
    store.save(order);
    this.#ports.log.info('order taken', { order: order.id, drink: order.drink, rail: order.rail });
    if (order.rail === 'bitcoin') await this.#run(order, { type: 'invoice' });
    else this.dispatch(order.id, { type: 'released', at: clock.now() });
    return this.require(order.id);
  }

  /** @throws Failure `order/unknown` */
  require(id: string): Order {
    const order = this.#ports.store.find(id);
    if (order === null) throw new Failure('order/unknown', { order: id });
    return order;
  }

  find(id: string): Order | null {
    return this.#ports.store.find(id);
  }

  /** Orders that are under way. */
  open(): Order[] {
    return this.#ports.store.unfinished().filter((order) => !isClosed(order));
  }

  /** Advances an order and begins what follows from it. */
  dispatch(id: string, event: OrderEvent): Order {
    const before = this.require(id);
    const { order, effects } = advance(before, event);
    if (order === before && effects.length === 0) return order;
    this.#ports.store.save(order);
    if (order.stage !== before.stage) this.#ports.log.info('order', { order: id, from: before.stage, to: order.stage });
    for (const listener of this.#listeners) listener(order);
    for (const effect of effects) this.#begin(order, effect);
    return order;
  }

  /** Goes on with every order that a restart left open. */
  resumeAll(): void {
    for (const order of this.#ports.store.unfinished()) {
      for (const effect of resume(order)) this.#begin(order, effect);
    }
  }

  /** The cell is gone: whoever waits for a pour is told. */
  cellLost(): void {
    for (const { id, stage } of this.open()) {
      if (stage !== 'pouring' && stage !== 'place_glass') continue;
      this.dispatch(id, { type: 'hint', problem: { code: 'machine/cell-unreachable', facts: {} } });
    }
  }

  /** The station may be free, or the cell has restarted: licensed drinks are checked (again). */
  checkAgain(): void {
    for (const order of this.open()) {
      if (order.stage !== 'place_glass' && (order.stage !== 'licence' || order.licence === null)) continue;
      if (order.problem !== null) this.dispatch(order.id, { type: 'hint', problem: null });
      this.#begin(order, { type: 'check' });
    }
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
  }

  async watched(now: Parameters<InvoiceShelf['watched']>[0]): ReturnType<InvoiceShelf['watched']> {
    return this.#ports.store.watched(now).flatMap(({ invoice }) => (invoice === null ? [] : [invoice]));
  }

  async apply(id: string, event: InvoiceEvent): Promise<void> {
    const { invoice } = this.require(id);
    invariant(invoice !== null, 'an order that is watched has an invoice');
    const step = advanceInvoice(invoice, event);
    this.dispatch(id, { type: 'invoice', invoice: step.invoice });
    for (const effect of step.effects) this.#follow(id, effect);
  }

  #follow(id: string, effect: InvoiceEffect): void {
    const { clock, log } = this.#ports;
    if (effect.type === 'release') this.dispatch(id, { type: 'released', at: clock.now() });
    if (effect.type === 'owe') this.#begin(this.require(id), { type: 'refund', amount: effect.amount });
    if (effect.type === 'alarm')
      log.error('released order lost its payment', { order: id, code: 'payment/reorganised' });
  }

  #begin(order: Order, effect: OrderEffect): void {
    this.#run(order, effect).catch((error: unknown) => {
      this.#ports.log.error('order effect broke', { order: order.id, effect: effect.type, reason: String(error) });
    });
  }

  async #run(order: Order, effect: OrderEffect): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#ports.fulfil(order, effect, this);
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#ports.log.warn('order effect refused', { order: order.id, effect: effect.type, code: error.code });
      if (isFailure(error, ...passing)) this.#later(order, effect, problemOf(error));
      else this.#refused(order, effect, problemOf(error));
    }
  }

  #refused(order: Order, effect: OrderEffect, problem: Problem): void {
    // a glass that is missing, say: the customer can mend it and touch start again
    const mendable = effect.type === 'pour' && ['machine/glass-missing', 'machine/door-open'].includes(problem.code);
    const event: OrderEvent =
      mendable || effect.type === 'book' || effect.type === 'release'
        ? { type: 'hint', problem }
        : { type: 'failed', problem, at: this.#ports.clock.now() };
    if (effect.type === 'release') return;
    this.dispatch(order.id, event);
  }

  #later(order: Order, effect: OrderEffect, problem: Problem): void {
    if (this.#closed) return;
    if (!isClosed(order)) this.dispatch(order.id, { type: 'hint', problem });
    const timer = this.#ports.clock.after(milliseconds(retryMs), () => {
      this.#timers.delete(timer);
      const now = this.require(order.id);
      if (!isClosed(now) || isClosed(order) || effect.type === 'refund' || effect.type === 'book')
        this.#begin(now, effect);
    });
    this.#timers.add(timer);
  }
}

function problemOf(failure: Failure): Problem {
  const facts = Object.entries(failure.facts).map(([name, value]) => [name, String(value)] as const);
  return { code: failure.code, facts: Object.fromEntries(facts) };
}
