import type { InvoiceWatcher } from '#payment/invoice-watcher.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { knownFailureCode } from '#shared/failure-codes.ts';
import type { Log } from '#shared/log.ts';
import { Turn } from '#shared/turn.ts';
import { type Milliseconds, milliseconds } from '#shared/units.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { MenuView, NewOrder, OrderView, ScreenEvent } from '#wire/screen-api.ts';
import type { Broker, BrokerConnection } from './broker.ts';
import { restock } from './catalogue/restock.ts';
import type { Shelf } from './catalogue/shelf.ts';
import type { CellLink } from './cell/cell-link.ts';
import type { TlsCredential } from './marketplace/https-client.ts';
import type { MarketplaceClient } from './marketplace/marketplace-client.ts';
import type { MarketplaceSession } from './marketplace/session.ts';
import { isCancellable } from './orders/advance-order.ts';
import type { Counter } from './orders/counter.ts';
import { isClosed } from './orders/order.ts';
import { clearStrays } from './orders/strays.ts';
import { menu } from './screen/menu-view.ts';
import { orderView } from './screen/order-view.ts';
import { type ReceiptDocument, receiptDocument } from './screen/receipt-document.ts';
import type { ScreenDesk } from './screen/screen-server.ts';
import type { Sync } from './sync.ts';

export interface DeskPorts {
  readonly config: MachineConfig;
  readonly cell: Pick<CellLink, 'ask' | 'up' | 'onEvent' | 'onState'>;
  readonly session: Pick<MarketplaceSession, 'onRenewed'>;
  readonly broker: Broker;
  readonly marketplace: Pick<MarketplaceClient, 'listings' | 'sealed' | 'picture'>;
  readonly sync: Pick<Sync, 'all' | 'licences' | 'pushed' | 'revoked' | 'outcome'>;
  readonly shelf: Shelf;
  readonly counter: Counter;
  readonly watcher: Pick<InvoiceWatcher, 'reachable'>;
  readonly clock: Clock;
  readonly log: Log;
}

const syncEvery = milliseconds(60_000);
/** Between tries to reach the marketplace, doubling. */
const firstPauseMs = 500;
const longestPauseMs = 15_000;

/** Ties cell, marketplace, broker and screen together: what one tells, the others hear. */
export class Desk implements ScreenDesk, AsyncDisposable {
  readonly #ports: DeskPorts;
  readonly #listeners = new Set<(event: ScreenEvent) => void>();
  #status: CellStatus | null = null;
  #marketplaceUp = false;
  #broker: BrokerConnection | null = null;
  #timer: Disposable | null = null;
  #syncing: Promise<void> = Promise.resolve();
  #pauseMs = firstPauseMs;
  readonly #turn = new Turn();
  #closed = false;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    const { cell, counter, session } = ports;
    cell.onEvent((event) => void this.#quietly('cell event', async () => this.#onCellEvent(event)));
    cell.onState((up) => void this.#quietly('cell state', () => this.#onCellState(up)));
    counter.onChange((order) => {
      this.#tell({ type: 'order', order: orderView(order) });
      // the cell has found a file damaged: it is fetched again at once, so that the drink can be sold
      const code = order.problem?.code ?? '';
      if (code !== 'licence/damaged' && !(isClosed(order) && code.startsWith('recipe/'))) return;
      void this.#quietly('status', () => this.#refresh());
      this.#syncSoon();
    });
    session.onRenewed((credential) => this.#connectBroker(credential));
  }

  menu(): MenuView {
    const { config, shelf, cell, counter, watcher } = this.#ports;
    const unlicensed = counter.open().filter((order) => order.licence === null);
    return menu({
      drinks: shelf.drinks(),
      status: this.#status,
      machine: config.machine,
      marginSat: config.desk.margin_sat,
      demoWallet: config.desk.demo_wallet,
      awaited: (slug) => unlicensed.filter(({ drink }) => drink === slug).length,
      works: { cell: cell.up, marketplace: this.#marketplaceUp, payment: watcher.reachable },
    });
  }

  picture(slug: string): Uint8Array | null {
    return this.#ports.shelf.picture(slug);
  }

  orders(): OrderView[] {
    return this.#ports.counter.open().map(orderView);
  }

  async take(order: NewOrder): Promise<OrderView> {
    const { counter } = this.#ports;
    // a repeat is the same order, whatever can be made by now
    if (counter.find(order.id) !== null) return orderView(await counter.take(order));
    // what has changed since the screen was drawn must not cost anybody a payment
    if (this.#ports.cell.up) await this.#quietly('status', () => this.#refresh());
    const drink = this.menu().drinks.find(({ slug }) => slug === order.drink);
    const [obstacle] = drink?.why_not ?? [];
    if (obstacle !== undefined) {
      const code = knownFailureCode(obstacle.code);
      throw new Failure(code ?? 'machine/not-feasible', obstacle.facts);
    }
    return orderView(await counter.take(order));
  }

  find(id: string): OrderView {
    return orderView(this.#ports.counter.require(id));
  }

  /** @throws Failure `order/wrong-state` before the drink is checked and after it has ended; a repeat changes nothing */
  start(id: string): OrderView {
    const { counter, clock } = this.#ports;
    if (!['place_glass', 'pouring'].includes(counter.require(id).stage)) throw new Failure('order/wrong-state');
    return orderView(counter.dispatch(id, { type: 'start', at: clock.now() }));
  }

  /** @throws Failure `order/wrong-state` once start was touched; a repeat changes nothing */
  cancel(id: string): OrderView {
    const { counter, clock } = this.#ports;
    const order = counter.require(id);
    if (!isCancellable(order) && !isClosed(order)) throw new Failure('order/wrong-state');
    return orderView(counter.dispatch(id, { type: 'cancel', at: clock.now() }));
  }

  async stop(id: string): Promise<OrderView> {
    await this.#ports.cell.ask('stop', { order: id });
    return this.find(id);
  }

  /** Lets the drink wait. @throws Failure `order/wrong-state` when none is poured for this order */
  async hold(id: string): Promise<OrderView> {
    this.#ports.counter.require(id);
    await this.#ports.cell.ask('hold', { order: id });
    return this.find(id);
  }

  /** Lets it go on that was put on hold. @throws Failure `order/wrong-state` when it was not, or what the cell says is missing */
  async resume(id: string): Promise<OrderView> {
    const { counter, cell } = this.#ports;
    counter.require(id);
    await cell.ask('resume', { order: id });
    // what the cell has told since (the glass is gone, say) stays
    if (counter.require(id).problem?.code === 'machine/held') {
      counter.dispatch(id, { type: 'hint', problem: null });
    }
    return this.find(id);
  }

  async receipt(id: string): Promise<ReceiptDocument> {
    const order = this.#ports.counter.require(id);
    if (this.#ports.cell.up) await this.#quietly('status', () => this.#refresh());
    if (this.#status === null) throw new Failure('machine/cell-unreachable');
    return receiptDocument(order, this.#status.journal);
  }

  onEvent(listener: (event: ScreenEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#broker?.close();
    await this.#syncing;
  }

  #connectBroker(credential: TlsCredential): void {
    const { broker, sync } = this.#ports;
    void this.#broker?.close();
    this.#broker = null;
    if (this.#closed) return;
    const onLicence = (message: Uint8Array): void => void this.#quietly('pushed licence', () => sync.pushed(message));
    const onRevocation = (message: Uint8Array): void =>
      void this.#quietly('pushed revocation', () => sync.revoked(message));
    const onNotice = (): void => void this.#quietly('licences', () => sync.licences());
    this.#broker = broker({ onLicence, onRevocation, onNotice }, credential);
  }

  #tell(event: ScreenEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #onCellState(up: boolean): Promise<void> {
    const { counter, log } = this.#ports;
    if (!up) {
      counter.cellLost();
      this.#tell({ type: 'menu', menu: this.menu() });
      return;
    }
    log.info('cell connected');
    await this.#quietly('status', () => this.#refresh());
    counter.resume();
    await this.#clearStrays();
    this.#syncSoon();
  }

  async #clearStrays(): Promise<void> {
    await this.#quietly('strays', () => clearStrays(this.#status?.unfinished ?? [], this.#ports));
  }

  #onCellEvent(event: CellEvent): void {
    const { counter, clock, config } = this.#ports;
    if (event.event === 'changed') {
      void this.#quietly('status', async () => {
        await this.#refresh();
        // its last word is to be carried
        if (this.#status?.state === 'retired') this.#syncSoon();
      });
      return;
    }
    const { order } = event.body;
    if (counter.find(order) === null) return;
    switch (event.event) {
      case 'percent':
        counter.dispatch(order, { type: 'percent', percent: event.body.percent, at: clock.now() });
        return;
      case 'held': {
        const seconds = String(Math.floor(config.limits.held_ms / 1_000));
        const code = knownFailureCode(event.body.reason) ?? 'machine/glass-missing';
        counter.dispatch(order, { type: 'hint', problem: { code, facts: { seconds } } });
        return;
      }
      case 'done':
        void this.#quietly('outcome', async () => {
          await counter.settle(order);
          await this.#refresh();
        });
        // the machine is idle: report the journal's head, and make prekeys when the pool is low
        this.#syncSoon();
        return;
    }
  }

  async #refresh(): Promise<void> {
    this.#status = await this.#ports.cell.ask('status', {});
    this.#tell({ type: 'menu', menu: this.menu() });
  }

  /** One sync at a time; what is asked for while one runs comes after it. */
  #syncSoon(delay: Milliseconds = milliseconds(0)): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    if (this.#closed) return;
    this.#timer = this.#ports.clock.after(delay, () => {
      this.#timer = null;
      this.#syncing = this.#turn.take(() => this.#syncAndPlan());
    });
  }

  async #syncAndPlan(): Promise<void> {
    if (this.#closed) return;
    const ok = await this.#syncAll();
    this.#pauseMs = ok ? firstPauseMs : Math.min(longestPauseMs, this.#pauseMs * 2);
    // something newer is planned already
    if (this.#timer === null) this.#syncSoon(ok ? syncEvery : milliseconds(this.#pauseMs));
  }

  async #syncAll(): Promise<boolean> {
    const { sync, cell, marketplace, shelf, log } = this.#ports;
    const before = this.#marketplaceUp;
    // whatever the reason: what cannot be booked must not be sold
    this.#marketplaceUp = await this.#quietly('sync', async () => {
      await sync.all();
      await restock({ cell, marketplace, shelf, log });
    });
    if (cell.up) await this.#quietly('status', () => this.#refresh());
    if (cell.up) await this.#clearStrays();
    if (before !== this.#marketplaceUp) log.info('marketplace', { up: this.#marketplaceUp });
    return this.#marketplaceUp && cell.up;
  }

  /**
   * Work that nobody waits for; answers whether it was done. A failure is logged and met by the next sync, and so is an
   * error that nobody foresaw: orders go on beside it.
   */
  async #quietly(what: string, work: () => Promise<void>): Promise<boolean> {
    const { log } = this.#ports;
    try {
      await work();
      return true;
    } catch (error) {
      if (isFailure(error)) log.warn(`${what} refused`, { code: error.code });
      else log.error(`${what} broke`, { reason: error instanceof Error ? (error.stack ?? '') : String(error) });
      return false;
    }
  }
}
