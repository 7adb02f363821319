import type { InvoiceWatcher } from '#payment/invoice-watcher.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds } from '#shared/units.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { MenuView, NewOrder, OrderView, ScreenEvent } from '#wire/screen-api.ts';
import type { Broker, BrokerConnection } from './broker.ts';
import { restock } from './catalogue/restock.ts';
import type { Shelf } from './catalogue/shelf.ts';
import type { CellLink } from './cell/cell-link.ts';
import type { MarketplaceClient } from './marketplace/marketplace-client.ts';
import type { MarketplaceSession } from './marketplace/session.ts';
import type { ArrivedLicences } from './orders/arrived-licences.ts';
import type { Counter } from './orders/counter.ts';
import { ended } from './orders/fulfil-order.ts';
import { isClosed } from './orders/order.ts';
import { menu } from './screen/menu-view.ts';
import { orderView } from './screen/order-view.ts';
import { type ReceiptDocument, receiptDocument } from './screen/receipt-document.ts';
import type { ScreenDesk } from './screen/screen-server.ts';
import type { Sync } from './sync.ts';

export interface DeskPorts {
  readonly config: MachineConfig;
  readonly cell: CellLink;
  readonly session: MarketplaceSession;
  readonly broker: Broker;
  readonly marketplace: MarketplaceClient;
  readonly sync: Sync;
  readonly shelf: Shelf;
  readonly counter: Counter;
  readonly arrived: ArrivedLicences;
  readonly watcher: InvoiceWatcher;
  readonly clock: Clock;
  readonly log: Log;
}

const syncEvery = milliseconds(60_000);
const retryAfter = milliseconds(1000);

/** Ties cell, marketplace, broker and screen together: what one tells, the others hear. */
export class Desk implements ScreenDesk, AsyncDisposable {
  readonly #ports: DeskPorts;
  readonly #listeners = new Set<(event: ScreenEvent) => void>();
  #status: CellStatus | null = null;
  #marketplaceUp = false;
  #broker: BrokerConnection | null = null;
  #timer: Disposable | null = null;
  #syncing: Promise<void> = Promise.resolve();
  #resumed = false;
  #closed = false;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    const { cell, counter, session } = ports;
    cell.onEvent((event) => this.#onCellEvent(event));
    cell.onState((up) => void this.#onCellState(up));
    counter.onChange((order) => this.#tell({ type: 'order', order: orderView(order) }));
    session.onRenewed((credential) => {
      void this.#broker?.close();
      const onLicence = (message: Uint8Array): void => void this.#onLicence(message);
      const onNotice = (): void => void this.#quietly('licences', () => ports.sync.licences());
      this.#broker = ports.broker({ onLicence, onNotice }, credential);
    });
  }

  menu(): MenuView {
    const { config, shelf, cell, watcher } = this.#ports;
    return menu({
      drinks: shelf.drinks(),
      status: this.#status,
      machine: config.machine,
      marginSat: config.desk.margin_sat,
      demoWallet: config.desk.demo_wallet,
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
    const drink = this.menu().drinks.find(({ slug }) => slug === order.drink);
    const [obstacle] = drink?.why_not ?? [];
    if (obstacle !== undefined) throw new Failure('machine/not-feasible', { reason: obstacle.code });
    return orderView(await this.#ports.counter.take(order));
  }

  find(id: string): OrderView {
    return orderView(this.#ports.counter.require(id));
  }

  start(id: string): OrderView {
    const { counter, clock } = this.#ports;
    if (counter.require(id).stage !== 'place_glass') throw new Failure('order/wrong-state');
    return orderView(counter.dispatch(id, { type: 'start', at: clock.now() }));
  }

  cancel(id: string): OrderView {
    return orderView(this.#ports.counter.dispatch(id, { type: 'cancel' }));
  }

  async stop(id: string): Promise<OrderView> {
    await this.#ports.cell.ask('stop', { order: id });
    return this.find(id);
  }

  async receipt(id: string): Promise<ReceiptDocument> {
    const order = this.#ports.counter.require(id);
    const { journal } = await this.#ports.cell.ask('status', {});
    return receiptDocument(order, journal);
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
    await this.#quietly('orders', () => this.#reconcile());
    this.#syncSoon(milliseconds(0));
  }

  /** What ended or came apart while desk and cell did not see each other. */
  async #reconcile(): Promise<void> {
    const { counter, cell, clock } = this.#ports;
    for (const { order, stage } of this.#status?.unfinished ?? []) {
      const known = counter.find(order);
      if (known === null || isClosed(known) || stage === 'reserved') continue;
      await ended(order, counter, { cell, clock });
    }
    if (this.#resumed) counter.checkAgain();
    else counter.resumeAll();
    this.#resumed = true;
  }

  #onCellEvent(event: CellEvent): void {
    const { counter, cell, clock } = this.#ports;
    const { order } = event.body;
    if (counter.find(order) === null) return;
    switch (event.event) {
      case 'percent':
        counter.dispatch(order, { type: 'percent', percent: event.body.percent, at: clock.now() });
        return;
      case 'held':
        counter.dispatch(order, { type: 'hint', problem: { code: 'machine/glass-missing', facts: {} } });
        return;
      case 'done':
        void this.#quietly('outcome', async () => {
          await ended(order, counter, { cell, clock });
          await this.#refresh();
          counter.checkAgain();
        });
        // the machine is idle: report the journal's head, and make prekeys when the pool is low
        this.#syncSoon(milliseconds(0));
        return;
    }
  }

  async #onLicence(message: Uint8Array): Promise<void> {
    const { cell, marketplace, arrived, sync } = this.#ports;
    await this.#quietly('pushed licence', async () => {
      try {
        const { ack, seq } = await cell.ask('licence', { message });
        arrived.tell(seq);
        await marketplace.ack(ack);
      } catch (error) {
        if (!isFailure(error, 'licence/gap')) throw error;
        await sync.licences();
      }
    });
  }

  async #refresh(): Promise<void> {
    this.#status = await this.#ports.cell.ask('status', {});
    this.#tell({ type: 'menu', menu: this.menu() });
  }

  #syncSoon(delay: Parameters<Clock['after']>[0]): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#closed) return;
    this.#timer = this.#ports.clock.after(delay, () => {
      this.#syncing = this.#syncAll().then((ok) => this.#syncSoon(ok ? syncEvery : retryAfter));
    });
  }

  async #syncAll(): Promise<boolean> {
    const { sync, cell, marketplace, shelf, log } = this.#ports;
    const before = this.#marketplaceUp;
    try {
      await sync.all();
      await restock({ cell, marketplace, shelf, log });
      this.#marketplaceUp = true;
    } catch (error) {
      if (!isFailure(error)) throw error;
      // whatever the reason: what cannot be booked must not be sold
      this.#marketplaceUp = false;
      log.warn('sync refused', { code: error.code });
    }
    if (cell.up) await this.#quietly('status', () => this.#refresh());
    if (before !== this.#marketplaceUp) log.info('marketplace', { up: this.#marketplaceUp });
    return this.#marketplaceUp && cell.up;
  }

  /** Work that nobody waits for: a failure is logged and met by the next sync. */
  async #quietly(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#ports.log.warn(`${what} refused`, { code: error.code });
    }
  }
}
