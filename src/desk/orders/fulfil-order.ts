import { type Clock, pause } from '#shared/clock.ts';
import { type Entropy, fromHex, hex } from '#shared/entropy.ts';
import { Failure, invariant, isFailure, unreachable } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds, satoshi } from '#shared/units.ts';
import { type AddressBook, unusedAddress } from '#payment/address-book.ts';
import type { ChainSource } from '#payment/chain-source.ts';
import { createInvoice, type InvoicePolicy } from '#payment/invoice.ts';
import { paymentUri } from '#payment/uri.ts';
import type { Vouchers } from '#payment/voucher.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { MarketplaceClient } from '../marketplace/marketplace-client.ts';
import type { Sync } from '../sync.ts';
import type { Counter, Fulfil } from './counter.ts';
import type { Order } from './order.ts';

export interface FulfilPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly marketplace: Pick<MarketplaceClient, 'offer' | 'order'>;
  readonly sync: Sync;
  readonly licencePost: LicencePost;
  readonly addresses: AddressBook;
  readonly chain: ChainSource;
  readonly policy: InvoicePolicy;
  readonly vouchers: Vouchers;
  readonly machineName: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  /** A new invoice is there to be watched. */
  watch(): void;
}

/** Tells when a licence has been stored by the cell, however it came. */
export interface LicencePost {
  /** Resolves when the licence with this number is stored. */
  arrived(seq: number): Promise<void>;
}

/** How long a pushed licence is waited for before it is fetched. */
const pushPatience = milliseconds(400);

/**
 * A drink, told once: invoice → (money) → offer, order, licence → reserve and check → (glass, start) → burn and pour →
 * USAGE booked; or the money given back. Every step may be repeated after a crash.
 */
export function fulfilOrder(ports: FulfilPorts): Fulfil {
  return async (order, effect, counter) => {
    switch (effect.type) {
      case 'invoice':
        return invoice(order, counter, ports);
      case 'buy':
        return buy(order, counter, ports);
      case 'check':
        return check(order, counter, ports);
      case 'pour':
        return pour(order, counter, ports);
      case 'release':
        await ports.cell.ask('release', { order: order.id });
        return;
      case 'book':
        return book(order, counter, ports);
      case 'refund':
        return refund(order, satoshi(effect.amount), counter, ports);
      default:
        return unreachable(effect);
    }
  };
}

async function invoice(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  const { clock, policy } = ports;
  const { address, script } = await unusedAddress(ports.addresses, ports.chain);
  const now = clock.now();
  const made = createInvoice({ id: order.id, address, script, amount: order.price, now, policy });
  const uri = paymentUri({ address, amount: order.price, label: `${ports.machineName} #${order.number}` });
  counter.dispatch(order.id, { type: 'invoiced', invoice: made, uri, at: now });
  ports.watch();
}

async function buy(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  const { cell, marketplace, sync, licencePost, clock } = ports;
  const { nonce } = await cell.ask('offer_nonce', { recipe: fromHex(order.recipe), version: order.version });
  const offer = await marketplace.offer(order.recipe, order.version, nonce);
  const { message, price } = await cell.ask('order', { order: order.id, offer });
  const { seq, charged_sat, split } = await marketplace.order(message);
  if (charged_sat !== price) throw new Failure('offer/price-mismatch', { price, charged: charged_sat });
  const patience = new AbortController();
  await Promise.race([licencePost.arrived(seq), pause(clock, pushPatience, patience.signal).catch(() => {})]);
  patience.abort();
  const cti = await reserved(order, ports);
  // what was pushed is only a shortcut: the REST list is the truth
  const found = cti ?? (await sync.licences().then(() => reserved(order, ports)));
  if (found === null) throw new Failure('message/timed-out', { what: 'licence' });
  const purchase = {
    cti: hex(found),
    price: satoshi(price),
    licensor: satoshi(split.licensor_sat),
    marketplace: satoshi(split.marketplace_sat),
  };
  counter.dispatch(order.id, { type: 'licensed', purchase, at: clock.now() });
}

/** The licence that the cell has set aside for the order; null while none has come. */
async function reserved(order: Order, { cell }: FulfilPorts): Promise<Uint8Array | null> {
  try {
    return (await cell.ask('reserve', { order: order.id })).cti;
  } catch (error) {
    if (isFailure(error, 'licence/none')) return null;
    throw error;
  }
}

async function check(order: Order, counter: Counter, { cell }: FulfilPorts): Promise<void> {
  await cell.ask('check', { order: order.id });
  counter.dispatch(order.id, { type: 'checked' });
}

async function pour(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  try {
    await ports.cell.ask('start', { order: order.id });
  } catch (error) {
    // the licence is claimed anew by what the cell wrote down
    if (isFailure(error, 'machine/burn-failed')) return ended(order.id, counter, ports);
    throw error;
  }
  counter.dispatch(order.id, { type: 'burned', at: ports.clock.now() });
}

/** Takes over how an order ended, from what the cell wrote down. */
export async function ended(
  id: string,
  counter: Counter,
  { cell, clock }: Pick<FulfilPorts, 'cell' | 'clock'>,
): Promise<void> {
  const { batch, message } = await cell.ask('outcome', { order: id });
  const usage = Buffer.from(message).toString('base64url');
  counter.dispatch(id, { type: 'ended', batch, usage, at: clock.now() });
}

async function book(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  const booking = await ports.sync.outcome(order.id);
  switch (booking) {
    case 'booked':
      counter.dispatch(order.id, { type: 'booked' });
      return;
    case 'refused':
      counter.dispatch(order.id, { type: 'claim_refused' });
      return;
    case 'licence_follows': {
      counter.dispatch(order.id, { type: 'booked' });
      const cti = await reserved(order, ports);
      const { licence } = counter.require(order.id);
      if (cti === null || licence === null) throw new Failure('message/timed-out', { what: 'licence' });
      counter.dispatch(order.id, { type: 'licensed', purchase: { ...licence, cti: hex(cti) }, at: ports.clock.now() });
      return;
    }
    default:
      return unreachable(booking);
  }
}

async function refund(order: Order, amount: Order['price'], counter: Counter, ports: FulfilPorts): Promise<void> {
  invariant(amount > 0n, 'there is something to give back');
  const { code } = await ports.vouchers.issue(amount, ports.clock.now());
  const { refunded } = counter.dispatch(order.id, { type: 'refunded', voucher: code, amount });
  ports.log.info('refunded by voucher', { order: order.id, amount: amount.toString() });
  if (order.invoice !== null) {
    await counter.apply(order.id, { type: 'refunded', at: ports.clock.now(), total: refunded });
  }
}
