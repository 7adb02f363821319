import { DatabaseSync } from 'node:sqlite';
import type { ChainOutput } from '#payment/chain-source.ts';
import { usualPolicy } from '#payment/invoice.ts';
import { Vouchers } from '#payment/voucher.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { type Log, silentLog } from '#shared/log.ts';
import { satoshi } from '#shared/units.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import type { Listing } from '#wire/marketplace-api.ts';
import type { NewOrder } from '#wire/screen-api.ts';
import type { CellClient } from '../cell/cell-client.ts';
import { ArrivedLicences } from '../orders/arrived-licences.ts';
import { Counter } from '../orders/counter.ts';
import { fulfilOrder } from '../orders/fulfil-order.ts';
import { openOrder, type OpenOrderPorts } from '../orders/open-order.ts';
import type { Order } from '../orders/order.ts';
import { type OrderStore, openOrderStore } from '../orders/order-store.ts';
import { clearStrays } from '../orders/strays.ts';
import { openVoucherStore } from '../orders/voucher-store.ts';
import { Sync } from '../sync.ts';
import { FakeCell } from './fake-cell.ts';
import { FakeMarketplace } from './fake-marketplace.ts';

export const price = satoshi(1000);
export const idOf = (n: number): string => `c0ffee00-0000-4000-8000-${n.toString().padStart(12, '0')}`;
export const wanted = (n: number, voucher: string | null = null): NewOrder => ({
  id: idOf(n),
  drink: 'lagoon',
  voucher,
});

const listing: Listing = {
  recipe: '11'.repeat(16),
  version: 1,
  manifest: '22'.repeat(32),
  size: 1,
  slug: 'lagoon',
  name: { de: 'Lagune', en: 'Lagoon' },
  description: { de: '', en: '' },
  ingredient_names: {},
  accent: '#00aabb',
  author: 'someone',
  price_sat: 650,
};

/** Counts up; no two answers are equal. */
export function counting(): Entropy {
  let next = 0n;
  return {
    bytes(count) {
      next += 1n;
      const bytes = new Uint8Array(count);
      new DataView(bytes.buffer).setBigUint64(count - 8, next);
      return bytes;
    },
  };
}

interface Parts {
  readonly store: OrderStore;
  readonly vouchers: Vouchers;
  readonly counter: Counter;
  readonly sync: Sync;
  /** Whatever was under way never comes back. */
  kill(): void;
}

/** Desk's parts around an order, on what the till lasts through. */
function openParts(till: Till): Parts {
  const { clock, log, database } = till;
  let alive = true;
  // of a process that has ended nothing is heard any more
  const living = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      work.then(
        (value) => alive && resolve(value),
        (error: Error) => alive && reject(error),
      );
    });
  const cell: Pick<CellClient, 'ask'> = { ask: (operation, body) => living(till.cell.ask(operation, body)) };
  const marketplace = new Proxy(till.market, {
    get: (market, name) => {
      const work = Reflect.get(market, name) as (...asked: unknown[]) => Promise<unknown>;
      return (...asked: unknown[]) => living(work(...asked));
    },
  });
  const kept = new Vouchers(openVoucherStore(database), till.entropy);
  const vouchers = {
    issue: (...asked: Parameters<Vouchers['issue']>) => living(kept.issue(...asked)),
    raise: (...asked: Parameters<Vouchers['raise']>) => living(kept.raise(...asked)),
  };
  const store = openOrderStore(database, clock);
  const licencePost = new ArrivedLicences();
  const sync = new Sync({ cell, marketplace, licencePost, log });
  const addresses = { next: () => till.address() };
  const common = { cell, marketplace, sync, licencePost, addresses, vouchers, clock, log };
  const fulfil = fulfilOrder({ ...common, policy: usualPolicy, machineName: 'Bar', watch: () => undefined });
  const shelf = { find: (slug: string) => (slug === 'lagoon' ? { listing, manifest: {} as never } : null) };
  const redeem: OpenOrderPorts['redeem'] = (code, sum, order, along) =>
    living(kept.redeem(code, sum, order, clock.now(), along));
  const counter = new Counter({
    store,
    clock,
    log,
    open: openOrder({ store, clock, shelf, margin: satoshi(350), redeem }),
    fulfil: async (order, effect, at) => {
      if (till.bug(effect)) throw new TypeError(`a bug in ${effect}`);
      await fulfil(order, effect, at);
    },
  });
  const kill = (): void => {
    alive = false;
    counter.close();
  };
  return { store, vouchers: kept, counter, sync, kill };
}

/**
 * The counter of desk with everything around it faked but database, vouchers and sync. `crash` ends it where it stands and
 * starts it again on the same database.
 */
export class Till implements Disposable {
  readonly clock = new SteppedClock();
  readonly cell = new FakeCell();
  readonly market = new FakeMarketplace();
  readonly database = new DatabaseSync(':memory:');
  readonly chain = new Map<string, ChainOutput[]>();
  readonly entropy = counting();
  readonly log: Log;
  chainUp = true;
  addresses = 0;
  /** Fails the work on an order in a way that nobody foresaw. */
  bug: (effect: string) => boolean = () => false;
  #parts: Parts;

  constructor(log: Log = silentLog) {
    this.log = log;
    this.#parts = openParts(this);
    this.cell.tell = (event) => {
      if (event.event === 'done') void this.counter.settle(event.body.order);
    };
  }

  get counter(): Counter {
    return this.#parts.counter;
  }

  get vouchers(): Vouchers {
    return this.#parts.vouchers;
  }

  get store(): OrderStore {
    return this.#parts.store;
  }

  get sync(): Sync {
    return this.#parts.sync;
  }

  /** What the marketplace says about the one drink, whose manifest has this digest. */
  listing(manifest: string): Listing {
    return { ...listing, manifest };
  }

  /** Power is lost; whatever was under way does not happen. */
  async crash(): Promise<void> {
    this.#parts.kill();
    this.#parts = openParts(this);
    await this.reconnect();
  }

  /** The connection to the cell is lost, as desk learns. */
  async disconnect(): Promise<void> {
    this.cell.up = false;
    this.counter.cellLost();
    await this.clock.advance(0);
  }

  async reconnect(): Promise<void> {
    this.cell.up = true;
    this.counter.resume();
    await this.tidy();
  }

  /** What desk does with each sync. */
  async tidy(): Promise<void> {
    const { cell, counter, log } = this;
    await clearStrays(cell.status().unfinished, { cell, counter, log, sync: this.#parts.sync });
    await this.clock.advance(0);
  }

  /** Every watched invoice is looked at. */
  async look(): Promise<void> {
    const at = this.clock.now();
    for (const { id, script } of await this.counter.watched(at)) {
      const outputs = this.chain.get(script) ?? [];
      await this.counter.apply(id, this.chainUp ? { type: 'looked', at, outputs } : { type: 'unknown', at });
    }
    await this.clock.advance(0);
  }

  pay(order: Order, value: number, confirmations: number): void {
    const script = order.invoice?.script ?? '';
    const before = this.chain.get(script) ?? [];
    const txid = `${script}${before.length}`.padStart(64, '0');
    this.chain.set(script, [...before, { txid, vout: 0, value: satoshi(value), confirmations, blockTime: null }]);
  }

  mine(): void {
    for (const [script, outputs] of this.chain) {
      this.chain.set(
        script,
        outputs.map((one) => ({ ...one, confirmations: one.confirmations + 1 })),
      );
    }
  }

  order(n: number): Order {
    return this.counter.require(idOf(n));
  }

  /** What a voucher is worth that an order gave; 0 when it gave none, or one that was used. */
  async worth(order: Order): Promise<bigint> {
    if (order.refund === null) return 0n;
    try {
      return await this.vouchers.worth(order.refund.voucher);
    } catch (error) {
      if (isFailure(error, 'payment/voucher-used')) return 0n;
      throw error;
    }
  }

  /** Brings an order to the glass. */
  async ready(n: number): Promise<Order> {
    await this.counter.take(wanted(n));
    this.pay(this.order(n), 1000, 1);
    await this.look();
    await this.clock.advance(1000);
    return this.order(n);
  }

  start(n: number): Order {
    return this.counter.dispatch(idOf(n), { type: 'start', at: this.clock.now() });
  }

  cancel(n: number): Order {
    return this.counter.dispatch(idOf(n), { type: 'cancel', at: this.clock.now() });
  }

  [Symbol.dispose](): void {
    this.#parts.kill();
    this.database.close();
  }

  async address() {
    if (!this.chainUp) throw new Failure('payment/unknown');
    this.addresses += 1;
    const index = this.addresses;
    return { index, address: `rb1q${index}`, script: index.toString(16).padStart(40, '0') };
  }
}
