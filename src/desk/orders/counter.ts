import { advance as advanceInvoice } from '#payment/advance-invoice.ts';
import type { Invoice, InvoiceEvent } from '#payment/invoice.ts';
import { isWatched } from '#payment/invoice.ts';
import type { InvoiceShelf } from '#payment/invoice-watcher.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Instant, milliseconds } from '#shared/units.ts';
import type { NewOrder } from '#wire/screen-api.ts';
import { advance, isWaitingForStart } from './advance-order.ts';
import { EffectRunner } from './effect-runner.ts';
import { type OpenCase, openCase } from './open-case.ts';
import { isClosed, isStarting, type Order, type OrderEffect, type OrderEvent, problemOf } from './order.ts';
import type { OrderStore } from './order-store.ts';
import { pending, resume } from './pending.ts';
import { stationQueue } from './station.ts';

/** Does what an order calls for, and tells the counter what came of it. */
export type Fulfil = (order: Order, effect: OrderEffect, counter: Counter) => Promise<void>;

export interface CounterPorts {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes and keeps an order of what a customer wants; a voucher has paid for it then. */
  readonly open: (wanted: NewOrder) => Promise<Order>;
  readonly fulfil: Fulfil;
}

/** Failures that pass: the effect is tried again, the customer sees a hint meanwhile. */
const passing = [
  'machine/cell-unreachable',
  'marketplace/unreachable',
  'message/unavailable',
  'marketplace/too-many-requests',
  'payment/unknown',
  'machine/busy',
  'licence/prekeys-missing',
  'licence/damaged',
  'message/timed-out',
] as const;

/** A checked drink that nobody starts lets the next one go first after this time. */
const startPatience = milliseconds(120_000);

/** Where orders are taken and seen through: one place that advances, keeps and tells them. */
export class Counter implements InvoiceShelf {
  readonly #ports: CounterPorts;
  readonly #runner: EffectRunner;
  readonly #listeners: ((order: Order) => void)[] = [];
  readonly #taking = new Map<string, Promise<Order>>();
  #holder: { readonly id: string; readonly patience: Disposable } | null = null;

  constructor(ports: CounterPorts) {
    this.#ports = ports;
    const { clock, log, fulfil } = ports;
    this.#runner = new EffectRunner({
      clock,
      log,
      run: (id, effect) => fulfil(this.require(id), effect, this),
      isWanted: (id, effect) => isWanted(this.require(id), effect),
      refused: (id, effect, failure) => this.#refused(id, effect, failure),
      broke: (id, effect) => this.#broke(id, effect),
    });
  }

  onChange(listener: (order: Order) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Takes an order; the same id again answers the same order.
   * @throws Failure `order/duplicate` for another drink under the same id, and whatever opening one throws
   */
  async take(wanted: NewOrder): Promise<Order> {
    const known = this.find(wanted.id);
    const opening = this.#taking.get(wanted.id);
    const order = known ?? (await (opening ?? this.#open(wanted)));
    if (order.drink !== wanted.drink) throw new Failure('order/duplicate');
    return this.require(order.id);
  }

  /** @throws Failure `order/unknown` */
  require(id: string): Order {
    const order = this.find(id);
    if (order === null) throw new Failure('order/unknown', { order: id });
    return order;
  }

  find(id: string): Order | null {
    return this.#ports.store.find(id);
  }

  /** Orders that are under way. */
  open(): Order[] {
    return this.#ports.store.lively().filter((order) => !isClosed(order));
  }

  /** Orders that do not end by themselves: a person must look. For the operator, not for the screen. */
  openCases(): OpenCase[] {
    const { store, clock } = this.#ports;
    return store.lively().flatMap((order) => openCase(order, clock.now()) ?? []);
  }

  /** Advances an order and begins what it calls for then. */
  dispatch(id: string, event: OrderEvent): Order {
    const before = this.require(id);
    const { order, effects } = advance(before, event);
    if (order === before) return order;
    const { store, log } = this.#ports;
    const moved = order.stage !== before.stage;
    if (!moved && (event.type === 'percent' || event.type === 'hint')) {
      // what may be lost with the process
      store.note(order);
      this.#tell(order);
      return order;
    }
    store.save(order);
    if (moved) log.info('order', { order: id, from: before.stage, to: order.stage });
    this.#logCase(before, order);
    this.#announce(order, effects);
    return order;
  }

  /**
   * Advances an order within a transaction that also changes something else: `transaction` calls what it is given, which
   * keeps the order, or answers false. When it throws, the order is as before.
   */
  async dispatchWith(
    id: string,
    event: OrderEvent,
    transaction: (keep: () => void) => Promise<boolean>,
  ): Promise<boolean> {
    const { store } = this.#ports;
    let step = advance(this.require(id), event);
    try {
      const held = await transaction(() => {
        step = advance(this.require(id), event);
        store.save(step.order);
      });
      if (held) this.#announce(this.require(id), step.effects);
      return held;
    } catch (error) {
      store.reload(id);
      throw error;
    }
  }

  /** Asks the cell what became of an order that was started. */
  settle(id: string): Promise<void> {
    return this.#runner.begin(id, 'settle');
  }

  /** Desk has just started, or the cell is back: goes on with every order. */
  resume(): void {
    const { store, log } = this.#ports;
    this.#runner.wake();
    for (const order of store.lively()) this.#beginAll(order, resume(order));
    for (const { order, number, problem } of this.openCases()) {
      log.warn('open case', { order, number, code: problem.code, ...problem.facts });
    }
    this.#serve();
  }

  /** The cell is gone: whoever waits for it is told. */
  cellLost(): void {
    for (const { id } of stationQueue(this.open())) {
      this.dispatch(id, { type: 'hint', problem: { code: 'machine/cell-unreachable', facts: {} } });
    }
  }

  close(): void {
    this.#runner.close();
    this.#holder?.patience[Symbol.dispose]();
  }

  async watched(now: Instant): Promise<readonly Invoice[]> {
    const invoices = this.#ports.store.lively().flatMap(({ invoice }) => invoice ?? []);
    return invoices.filter((invoice) => isWatched(invoice, now));
  }

  /** What a look at the chain says; an error here never ends the watching of the others. */
  async apply(id: string, event: InvoiceEvent): Promise<void> {
    const { clock, log } = this.#ports;
    try {
      const { invoice } = this.require(id);
      if (invoice === null) return;
      const step = advanceInvoice(invoice, event);
      for (const effect of step.effects) {
        if (effect.type === 'changed') log.info('invoice', { order: id, from: effect.from, to: effect.to });
      }
      this.dispatch(id, { type: 'invoice', invoice: step.invoice, at: clock.now() });
    } catch (error) {
      log.error('invoice not followed', { order: id, reason: isFailure(error) ? error.code : String(error) });
    }
  }

  async #open(wanted: NewOrder): Promise<Order> {
    const { open, log } = this.#ports;
    const opening = open(wanted);
    this.#taking.set(wanted.id, opening);
    try {
      const order = await opening;
      log.info('order taken', { order: order.id, drink: order.drink, rail: order.rail });
      this.#tell(order);
      await Promise.all(pending(order).map((effect) => this.#firstTry(order, effect)));
      return order;
    } finally {
      this.#taking.delete(wanted.id);
    }
  }

  /** The answer to the customer shows the invoice; a licence takes longer and is not waited for. */
  #firstTry(order: Order, effect: OrderEffect): Promise<void> {
    const begun = this.#runner.begin(order.id, effect);
    return effect === 'invoice' ? begun : Promise.resolve();
  }

  #announce(order: Order, effects: readonly OrderEffect[]): void {
    this.#tell(order);
    this.#beginAll(order, effects);
    this.#serve();
  }

  #tell(order: Order): void {
    for (const listener of this.#listeners) {
      try {
        listener(order);
      } catch (error) {
        this.#ports.log.error('order not told', { order: order.id, reason: String(error) });
      }
    }
  }

  #logCase(before: Order, order: Order): void {
    const { clock, log } = this.#ports;
    const now = clock.now();
    const found = openCase(order, now);
    if (found === null || openCase(before, now)?.problem.code === found.problem.code) return;
    const { number, problem } = found;
    log.error('open case', { order: order.id, number, code: problem.code, ...problem.facts });
  }

  #beginAll({ id }: Order, effects: readonly OrderEffect[]): void {
    // the station is given out in turn
    for (const effect of effects) {
      if (effect !== 'check' || this.require(id).stage === 'place_glass') void this.#runner.begin(id, effect);
    }
  }

  /** Gives the station to whom it is due, and tells the others how many come before them. */
  #serve(): void {
    const queue = stationQueue(this.open());
    for (const [before, { id, stage, problem }] of queue.entries()) {
      if (stage !== 'licence') continue;
      if (before > 0) {
        const facts = { before: String(before) };
        this.dispatch(id, { type: 'hint', problem: { code: 'machine/busy', facts } });
        continue;
      }
      if (problem?.code === 'machine/busy') this.dispatch(id, { type: 'hint', problem: null });
      void this.#runner.begin(id, 'check');
    }
    this.#watchHolder(queue);
  }

  #watchHolder([first, second]: readonly Order[]): void {
    const holds = first !== undefined && second !== undefined && isWaitingForStart(first);
    if (holds && this.#holder?.id === first.id) return;
    this.#holder?.patience[Symbol.dispose]();
    this.#holder = null;
    if (!holds) return;
    const { id } = first;
    const patience = this.#ports.clock.after(startPatience, () => {
      this.#holder = null;
      if (isWaitingForStart(this.require(id))) void this.#runner.begin(id, 'release');
    });
    this.#holder = { id, patience };
  }

  /** The cell holds an order checked that desk does not know to be: it is given back. */
  #freeStation(next: string): void {
    for (const { id, stage } of stationQueue(this.open())) {
      if (id !== next && stage === 'licence') void this.#runner.begin(id, 'release');
    }
  }

  #broke(id: string, effect: OrderEffect): void {
    this.dispatch(id, { type: 'broke', effect, at: this.#ports.clock.now() });
    // it may have been started before that
    if (effect === 'pour') void this.settle(id);
  }

  #refused(id: string, effect: OrderEffect, failure: Failure): boolean {
    const problem = problemOf(failure);
    const { clock } = this.#ports;
    // what the cell reserved for a closed order is given back when the cell is found again
    if (effect === 'release') return false;
    // the cell knows more of it than desk does
    if (effect === 'pour' || (effect === 'check' && isFailure(failure, 'licence/spent', 'order/wrong-state'))) {
      this.dispatch(id, { type: 'hint', problem });
      void this.settle(id);
      return false;
    }
    if (effect === 'check' && isFailure(failure, 'machine/busy')) this.#freeStation(id);
    if (effect === 'settle' || isFailure(failure, ...passing)) {
      this.dispatch(id, { type: 'hint', problem });
      return true;
    }
    const before = this.require(id);
    const order = this.dispatch(id, { type: 'failed', by: effect, problem, at: clock.now() });
    if (order === before && (effect === 'book' || effect === 'refund')) {
      this.dispatch(id, { type: 'broke', effect, at: clock.now() });
    }
    return false;
  }
}

/** Whether an effect that was begun before is still called for. */
function isWanted(order: Order, effect: OrderEffect): boolean {
  switch (effect) {
    case 'settle':
      return isStarting(order) || order.stage === 'pouring';
    case 'check':
      return isWaitingForStart(order) || pending(order).includes('check');
    case 'pour':
    case 'release':
      return false;
    default:
      return pending(order).includes(effect);
  }
}
