import type { IssuedVoucher } from '#payment/voucher.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, invariant, isFailure } from '#shared/failure.ts';
import { instant, milliseconds, type Satoshi, satoshi } from '#shared/units.ts';
import type { NewOrder } from '#wire/screen-api.ts';
import type { Shelf, ShelvedDrink } from '../catalogue/shelf.ts';
import { advance } from './advance-order.ts';
import { Attempts } from './attempts.ts';
import type { CounterPorts } from './counter.ts';
import type { Order } from './order.ts';
import type { OrderStore } from './order-store.ts';

export interface OpenOrderPorts {
  readonly store: Pick<OrderStore, 'save' | 'write' | 'nextNumber' | 'unpaidSince'>;
  readonly shelf: Pick<Shelf, 'find'>;
  readonly clock: Clock;
  /** Added to the licence for liquid and work. */
  readonly margin: Satoshi;
  /** Pays `price` with a voucher and runs `along` in the same step; what is left comes back as another one. */
  readonly redeem: (
    code: string,
    price: Satoshi,
    order: string,
    along: (rest: IssuedVoucher | null) => void,
  ) => Promise<unknown>;
}

const hourMs = 3_600_000;
/** Orders in an hour that nobody pays: more would fill the shop and use up the wallet's addresses. */
export const unpaidPerHour = 40;
/** Wrong voucher codes before the rail is shut, and for how long. */
export const wrongCodes = 10;
const wrongCodesWindow = milliseconds(10 * 60_000);

/**
 * Makes orders of what customers want. A voucher is spent and its order kept in one step, so that no crash comes between.
 * @throws Failure `recipe/unknown`, `order/too-many`, `payment/voucher-unknown`, `payment/voucher-used`,
 * `payment/voucher-too-small`, `payment/voucher-locked` after 10 wrong codes in 10 minutes
 */
export function openOrder(ports: OpenOrderPorts): CounterPorts['open'] {
  const { store, shelf, clock, margin } = ports;
  const guesses = new Attempts(clock, wrongCodes, wrongCodesWindow);
  return async (wanted) => {
    const drink = shelf.find(wanted.drink);
    if (drink === null) throw new Failure('recipe/unknown', { drink: wanted.drink });
    const price = satoshi(BigInt(drink.listing.price_sat) + margin);
    // the number is given out where it is kept at once
    const fresh = (): Order => freshOrder(wanted, drink, price, ports);
    if (wanted.voucher !== null && price > 0n) return byVoucher(wanted.voucher, fresh, ports, guesses);
    if (price > 0n) requireRoom(ports);
    const order = price > 0n ? fresh() : released({ ...fresh(), rail: 'free' });
    store.save(order);
    return order;
  };
}

async function byVoucher(
  code: string,
  fresh: () => Order,
  { store, redeem }: OpenOrderPorts,
  guesses: Attempts,
): Promise<Order> {
  const wait = guesses.wait();
  if (wait > 0) throw new Failure('payment/voucher-locked', { minutes: Math.ceil(wait / 60_000) });
  const { id, price } = fresh();
  let order: Order | null = null;
  try {
    await redeem(code, price, id, (rest) => {
      const refund = rest === null ? null : { voucher: rest.code, amount: rest.amount };
      order = released({ ...fresh(), rail: 'voucher', voucherPaid: price, refund });
      store.write(order);
    });
  } catch (error) {
    if (isFailure(error, 'payment/voucher-unknown', 'payment/voucher-used')) guesses.note();
    throw error;
  }
  invariant(order !== null, 'what was paid for was kept');
  store.save(order);
  return order;
}

function freshOrder(wanted: NewOrder, { listing }: ShelvedDrink, price: Satoshi, ports: OpenOrderPorts): Order {
  return {
    id: wanted.id,
    number: ports.store.nextNumber(),
    drink: listing.slug,
    recipe: listing.recipe,
    version: listing.version,
    manifest: listing.manifest,
    price,
    rail: 'bitcoin',
    stage: 'payment',
    invoice: null,
    invoiceUri: '',
    voucherPaid: satoshi(0),
    licence: null,
    queuedAt: null,
    percent: 0,
    batch: null,
    usage: null,
    claims: 0,
    problem: null,
    refund: null,
    refunded: satoshi(0),
    broken: null,
    times: { ordered: ports.clock.now() },
  };
}

function released(order: Order): Order {
  return advance(order, { type: 'released', at: order.times.ordered }).order;
}

function requireRoom({ store, clock }: OpenOrderPorts): void {
  const hourAgo = instant(Math.max(0, clock.now() - hourMs));
  if (store.unpaidSince(hourAgo) >= unpaidPerHour) throw new Failure('order/too-many');
}
