import { type Satoshi, satoshi } from '#shared/units.ts';
import type { Invoice, InvoicePayment, InvoiceState } from './invoice.ts';

export interface Verdict {
  readonly state: InvoiceState;
  readonly released: boolean;
}

/**
 * The state that follows from an invoice's payments and its last look. Time enters only through looks: without one after
 * the deadline nothing expires, because a payment may be there unseen.
 */
export function judgeInvoice(invoice: Invoice, honour: boolean): Verdict {
  const sums = sumsOf(invoice);
  const enough = (sum: bigint): boolean => sum - invoice.refunded >= invoice.amount;
  const released =
    invoice.released || enough(sums.firmInTime) || (honour && invoice.state === 'late' && enough(sums.firm));
  if (released) return { released, state: stateOfReleased(sums.firm - invoice.refunded, invoice.amount) };
  if (enough(sums.blockInTime)) return { released, state: 'confirmed' };
  if (enough(sums.inTime)) return { released, state: 'seen' };
  return { released, state: stateOfShort(invoice, sums) };
}

/** What the customer has to get back now: only money that is deep enough in the chain, less what was given back. */
export function invoiceDue(invoice: Invoice): Satoshi {
  const { firm } = sumsOf(invoice);
  const kept = invoice.released ? invoice.amount : 0n;
  const over = invoice.released || isOver(invoice) ? firm - kept - invoice.refunded : 0n;
  return satoshi(over > 0n ? over : 0n);
}

/** What has arrived, in time or late, and is deep enough in the chain not to be lost again. */
export function firmMoney(invoice: Invoice): Satoshi {
  return satoshi(sumsOf(invoice).firm);
}

const isOver = (invoice: Invoice): boolean => invoice.state === 'expired' || invoice.state === 'late';

function stateOfReleased(firm: bigint, amount: bigint): InvoiceState {
  if (firm < amount) return 'invalid';
  return firm > amount ? 'overpaid' : 'settled';
}

function stateOfShort(invoice: Invoice, sums: Sums): InvoiceState {
  const lost = invoice.payments.filter((payment) => payment.gone);
  if (sums.all === 0n && lost.some((payment) => payment.wasConfirmed)) return 'invalid';
  const over = invoice.lookedAt !== null && invoice.lookedAt > invoice.expiresAt + invoice.grace;
  if (over) return sums.all > sums.inTime ? 'late' : 'expired';
  if (sums.all > 0n) return 'underpaid';
  return lost.length > 0 ? 'replaced' : 'new';
}

interface Sums {
  /** In chain or mempool. */
  readonly all: bigint;
  /** … and first seen in time. */
  readonly inTime: bigint;
  /** … and in a block. */
  readonly blockInTime: bigint;
  /** … and deep enough. */
  readonly firmInTime: bigint;
  /** Deep enough, in time or late. */
  readonly firm: bigint;
}

function sumsOf(invoice: Invoice): Sums {
  const alive = invoice.payments.filter((payment) => !payment.gone);
  const sum = (which: (payment: InvoicePayment) => boolean): bigint =>
    alive.reduce((total, payment) => (which(payment) ? total + payment.value : total), 0n);
  return {
    all: sum(() => true),
    inTime: sum((payment) => !payment.late),
    blockInTime: sum((payment) => !payment.late && payment.confirmations >= 1),
    firmInTime: sum((payment) => !payment.late && payment.confirmations >= invoice.confirmations),
    firm: sum((payment) => payment.confirmations >= invoice.confirmations),
  };
}
