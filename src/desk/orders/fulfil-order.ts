import type { FreshAddresses } from '#payment/fresh-addresses.ts';
import { createInvoice, type InvoicePolicy } from '#payment/invoice.ts';
import { paymentUri } from '#payment/uri.ts';
import type { Vouchers } from '#payment/voucher.ts';
import { type Clock, pause } from '#shared/clock.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { Failure, isFailure, unreachable } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds, satoshi } from '#shared/units.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { MarketplaceClient } from '../marketplace/marketplace-client.ts';
import type { Sync } from '../sync.ts';
import type { Counter, Fulfil } from './counter.ts';
import { isClosed, type Order, type Purchase } from './order.ts';
import { owed } from './order-money.ts';
import { pourOrder, settleOrder } from './pour-order.ts';

export interface FulfilPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly marketplace: Pick<MarketplaceClient, 'offer' | 'order'>;
  readonly sync: Pick<Sync, 'licences' | 'outcome'>;
  readonly licencePost: LicencePost;
  readonly addresses: Pick<FreshAddresses, 'next'>;
  readonly policy: InvoicePolicy;
  readonly vouchers: Pick<Vouchers, 'issue' | 'raise'>;
  readonly machineName: string;
  readonly clock: Clock;
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
 * A drink, told once: invoice → (money) → a use at hand, or offer, order, licence → reserve and check → (glass, start) → burn and pour →
 * USAGE booked; or the money given back. Every step but the start may be repeated after a crash.
 */
export function fulfilOrder(ports: FulfilPorts): Fulfil {
  return async (order, effect, counter) => {
    switch (effect) {
      case 'invoice':
        return invoice(order, counter, ports);
      case 'buy':
        return buy(order, counter, ports);
      case 'check':
        return check(order, counter, ports);
      case 'pour':
        return pourOrder(order, counter, ports);
      case 'settle':
        return settleOrder(order.id, counter, ports);
      case 'release':
        return release(order, counter, ports);
      case 'book':
        return book(order, counter, ports);
      case 'refund':
        return refund(order, counter, ports);
      default:
        return unreachable(effect);
    }
  };
}

async function invoice(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  const { clock, policy } = ports;
  const { address, script } = await ports.addresses.next();
  const now = clock.now();
  const made = createInvoice({ id: order.id, address, script, amount: order.price, now, policy });
  const uri = paymentUri({ address, amount: order.price, label: `${ports.machineName} #${order.number}` });
  counter.dispatch(order.id, { type: 'invoiced', invoice: made, uri, at: now });
  ports.watch();
}

async function buy(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  const { cell, marketplace, sync, clock } = ports;
  const atHand = await useAtHand(order, ports);
  if (atHand !== null) {
    counter.dispatch(order.id, { type: 'licensed', purchase: atHand, at: clock.now() });
    return;
  }
  const { nonce } = await cell.ask('offer_nonce', { recipe: fromHex(order.recipe), version: order.version });
  const offer = await marketplace.offer(order.recipe, order.version, nonce);
  const { message, price } = await cell.ask('order', { order: order.id, offer });
  // the licence has become dearer than what the customer paid for drink and licence
  if (BigInt(price) > order.price) throw new Failure('offer/price-mismatch', { price, paid: Number(order.price) });
  const { seq, charged_sat, split } = await marketplace.order(message);
  if (charged_sat !== price) throw new Failure('offer/price-mismatch', { price, charged: charged_sat });
  await waitForPush(seq, ports);
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

/**
 * A use that lies in the machine already: bought ahead, or for an order that was given up. Then the marketplace is not needed.
 * What the guest pays is the order's; what the use cost was paid when it was bought, and that is what the receipt splits.
 */
async function useAtHand(order: Order, { cell, log }: FulfilPorts): Promise<Purchase | null> {
  const { recipe, version, manifest } = order;
  const { use } = await cell.ask('reserve_at_hand', {
    order: order.id,
    recipe: fromHex(recipe),
    version,
    manifest: fromHex(manifest),
  });
  if (use === null) return null;
  const { cti, price, licensor, marketplace } = use;
  log.info('use at hand', { order: order.id, cti: hex(cti) });
  return {
    cti: hex(cti),
    price: satoshi(price),
    licensor: satoshi(licensor),
    marketplace: satoshi(marketplace),
  };
}

async function waitForPush(seq: number, { licencePost, clock }: FulfilPorts): Promise<void> {
  const patience = new AbortController();
  await Promise.race([licencePost.arrived(seq), pause(clock, pushPatience, patience.signal).catch(() => undefined)]);
  patience.abort();
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

/** Gives the use back: the order was given up, or steps back for others who wait. */
async function release({ id }: Order, counter: Counter, { cell, clock }: FulfilPorts): Promise<void> {
  await cell.ask('release', { order: id, given_up: isClosed(counter.require(id)) });
  if (!isClosed(counter.require(id))) counter.dispatch(id, { type: 'stepped_back', at: clock.now() });
}

async function book(order: Order, counter: Counter, ports: FulfilPorts): Promise<void> {
  const { clock } = ports;
  const booking = await ports.sync.outcome(order.id);
  switch (booking) {
    case 'booked':
      counter.dispatch(order.id, { type: 'booked' });
      return;
    case 'refused':
      if (isClosed(order)) counter.dispatch(order.id, { type: 'booked' });
      else counter.dispatch(order.id, { type: 'claim_refused', at: clock.now() });
      return;
    case 'licence_follows': {
      const { licence } = counter.dispatch(order.id, { type: 'booked' });
      if (isClosed(order) || licence === null) return;
      const cti = await reserved(order, ports);
      if (cti === null) throw new Failure('message/timed-out', { what: 'licence' });
      counter.dispatch(order.id, { type: 'licensed', purchase: { ...licence, cti: hex(cti) }, at: clock.now() });
      return;
    }
    default:
      return unreachable(booking);
  }
}

/** Gives back what is owed: on the voucher that the customer holds from this order already, or on a new one. */
async function refund({ id }: Order, counter: Counter, { vouchers, clock, log }: FulfilPorts): Promise<void> {
  const order = counter.require(id);
  const { refund: held } = order;
  const amount = owed(order);
  if (amount === 0n) return;
  const told = { order: id, amount: amount.toString() };
  if (held !== null) {
    const worth = satoshi(held.amount + amount);
    const event = { type: 'refunded', voucher: held.voucher, amount, worth } as const;
    if (await counter.dispatchWith(id, event, (keep) => vouchers.raise(held.voucher, amount, keep))) {
      log.info('refunded on the voucher given before', told);
      return;
    }
  }
  const { code } = await vouchers.issue(amount, clock.now());
  counter.dispatch(id, { type: 'refunded', voucher: code, amount, worth: amount });
  log.info('refunded by voucher', told);
}
